"""Typesetting of filled Word files and foreign worksheets: what Word and LibreOffice leave out for Chinese documents.

Each rule works on the XML of a file, so it holds for every template and worksheet, those of staff included.
"""
