def split(text):
    return len(text.split())
