from multiprocessing import Process, shared_memory


def fill(name, offset, n):
    shm = shared_memory.SharedMemory(name=name)
    shm.buf[offset : offset + n] = bytes([offset]) * n
    shm.close()


if __name__ == "__main__":
    shm = shared_memory.SharedMemory(create=True, size=16)
    ps = [Process(target=fill, args=(shm.name, i * 4, 4)) for i in range(4)]
    [p.start() for p in ps]
    [p.join() for p in ps]
    print(bytes(shm.buf[:16]))
    shm.close()
    shm.unlink()
