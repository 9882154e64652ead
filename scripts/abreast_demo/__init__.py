"""The teaching demos: traces of scenes, and the stepper for a terminal."""
