"""That it was learnt: the append-only training record, the narrow waist of the house."""
