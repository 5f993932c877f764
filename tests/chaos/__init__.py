"""That a chaos run would notice: each promise broken once, in evidence that is otherwise sound."""
