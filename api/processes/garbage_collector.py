"""How often a process looks for garbage."""

import gc

COLLECT_OBJECTS = 50_000
"""Garbage is looked for when so many objects more are there than before."""
COLLECT_OBJECTS_ALONE = 500_000
"""The same in a process that keeps nobody waiting: two chunks of an import's lines are fewer, and are no garbage."""


def freeze_objects(objects: int = COLLECT_OBJECTS) -> None:
    """Take all objects that are there now out of garbage collections: they stay as long as the process does, and
    looking through all of them stopped everything for a tenth of a second and more, again and again. And look seldom:
    what a request leaves behind has no cycles."""
    gc.freeze()
    gc.set_threshold(objects)
