"""Typesetting of filled Word files: what Word and LibreOffice do not do by themselves for Chinese documents.

Each rule works on the XML of a filled document, so it holds for every template, those of staff included.
"""
