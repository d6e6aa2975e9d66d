"""Finished folders in the formats that loaders read; see `unsplice.packing.pack.Packing`."""
