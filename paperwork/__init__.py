"""From a dropped spreadsheet to a bound, checked, archivable volume."""

import logging

# The font library wonders, in English and once for each font, at the dates that LibreOffice gives to fonts.
logging.getLogger("fontTools").setLevel(logging.CRITICAL)
