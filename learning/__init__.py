"""How the reader of visits is taught and graded: labels, stories, training, figures."""
