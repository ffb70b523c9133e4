import multiprocessing as mp
import os
import subprocess
import sys


def run(i):
    os.environ["TASK_ID"] = str(i)
    code = "import os; print(os.environ['TASK_ID'])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return out.stdout.strip() == str(i)


if __name__ == "__main__":
    with mp.Pool(1) as pool:
        print(pool.map(run, range(3)))
    print(os.environ.get("TASK_ID"))
