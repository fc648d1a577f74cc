"""The book as one page to print, and how that page looks on paper."""
