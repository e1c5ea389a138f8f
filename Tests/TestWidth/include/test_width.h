// Only what runs before the tests, see test_width.c.
