# kind: correct
# Each thread looks up, and then makes, an entry that no other thread asks for.
import threading

lines: dict[str, list[str]] = {}


def add(name: str, text: str) -> None:
    found = lines.get(name)
    if found is None:
        lines[name] = found = []
    found.append(text)


def write(name: str) -> None:
    for number in range(3):
        add(name, f"{name} {number}")


writers = [threading.Thread(target=write, args=(name,)) for name in ("reader", "parser")]
for writer in writers:
    writer.start()
for writer in writers:
    writer.join()
print([len(lines[name]) for name in sorted(lines)])
