"""The decorator of the dataclasses of the core. This file is not compiled."""

from typing import TypeVar

C = TypeVar("C")


def plain(class_: type[C]) -> type[C]:
    """Leave a dataclass to Python when the core is compiled, and return it.

    A dataclass that the compiler makes its own can be neither pickled nor subclassed nor generic. The compiler leaves a
    class to Python if it does not know one of its decorators. But it compares two objects of such a class with `is`
    where `==` is written: compare their fields.
    """
    return class_
