"""Labels by people: how well they agree, and labeling sessions as Python code has them."""
