"""The finished archive in `outputs/N`: manifest, BagIt package, metadata, verification and register."""
