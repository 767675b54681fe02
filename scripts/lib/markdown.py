"""Tables as Markdown has them."""


def table(head, rows, right=0):
    """Lines. `right`: how many columns, counted from the last, are numbers and stand on the
    right."""
    marks = [" --- "] * (len(head) - right) + [" ---: "] * right
    return ["| " + " | ".join(head) + " |", "|" + "|".join(marks) + "|",
            *("| " + " | ".join(map(str, row)) + " |" for row in rows)]
