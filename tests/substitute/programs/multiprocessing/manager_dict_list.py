from multiprocessing import Manager, Process


def fill(d, lst, i):
    d[i] = i * i
    d["last"] = "x"
    lst.append(i)


if __name__ == "__main__":
    with Manager() as manager:
        d, lst, ns = manager.dict(), manager.list(), manager.Namespace()
        ns.total = 0
        ps = [Process(target=fill, args=(d, lst, i)) for i in range(5)]
        for p in ps:
            p.start()
        for p in ps:
            p.join()
        print(sorted((str(k), v) for k, v in d.items()), sorted(lst), len(d))
        ns.total = sum(lst)
        print(ns.total, ns, "last" in d, d.keys()[:1] != [])
        nested = manager.dict({"a": []})
        nested["a"].append(1)  # lost: a copy
        print(nested.copy(), type(d).__name__)
