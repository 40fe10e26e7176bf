"""What personal data look like in Japanese text (個人情報), one sort a file."""
