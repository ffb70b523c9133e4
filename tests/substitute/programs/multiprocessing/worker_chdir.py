import multiprocessing as mp
import os
import tempfile


def inside(folder):
    os.chdir(folder)
    with open("made.txt", "w") as f:
        f.write("x")
    return os.path.basename(os.getcwd())


if __name__ == "__main__":
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as top:
        folders = [os.path.join(top, f"d{i}") for i in range(4)]
        for f in folders:
            os.mkdir(f)
        with mp.Pool(2) as pool:
            print(pool.map(inside, folders))
        print([os.path.exists(os.path.join(f, "made.txt")) for f in folders])
        print(os.getcwd() == here)
