"""Every sentence a language model is told: Markdown files with named placeholders."""
