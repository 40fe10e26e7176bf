"""The pages of the server: templates, styles, the map's grid, and where a cited sentence is marked."""
