"""Hana has everything right, but her file broke off while it was being uploaded."""


def damage_text(text):
    return text[: len(text) * 2 // 3]
