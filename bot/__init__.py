"""Shaofa (少发): settles short-shipment complaints in Chinese online shops."""

__version__ = "0.1.0"
