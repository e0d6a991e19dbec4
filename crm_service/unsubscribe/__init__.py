"""Links, one-click, and the pages that recipients see."""
