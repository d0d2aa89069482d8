"""Gates: what a night's tables are held against before they are published, and what is usual in this home."""
