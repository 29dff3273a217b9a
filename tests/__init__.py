"""The tests, in folders by what they guard (DESIGN section 2).

A package, so that no folder named tests that some dependency installs can stand in for it.
"""
