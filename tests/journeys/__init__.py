"""The whole product as real processes, driven from outside as people drive it."""
