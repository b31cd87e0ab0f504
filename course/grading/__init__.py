"""From what students handed in to scores in the gradebook."""
