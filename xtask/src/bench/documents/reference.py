"""Prints the text of a workbook, spreadsheet or presentation as libraries of Python read it: FILE."""

import sys


def of_xlsx(path):
    from openpyxl import load_workbook

    book = load_workbook(path, data_only=True)
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, float) and cell.value.is_integer():
                    yield str(int(cell.value))
                elif cell.value is not None:
                    yield str(cell.value)


def of_ods(path):
    from odf import opendocument, table, teletype

    for cell in opendocument.load(path).getElementsByType(table.TableCell):
        yield teletype.extractText(cell)


def of_pptx(path):
    from pptx import Presentation

    def of_shapes(shapes):
        for shape in shapes:
            if shape.shape_type == 6:
                yield from of_shapes(shape.shapes)
            elif getattr(shape, "has_table", False) and shape.has_table:
                for row in shape.table.rows:
                    for cell in row.cells:
                        yield cell.text
            elif shape.has_text_frame:
                yield shape.text_frame.text

    for slide in Presentation(path).slides:
        yield from of_shapes(slide.shapes)
        if slide.has_notes_slide:
            notes = slide.notes_slide.notes_text_frame
            yield notes.text if notes is not None else ""


readers = {"xlsx": of_xlsx, "ods": of_ods, "pptx": of_pptx}
path = sys.argv[1]
for text in readers[path.rsplit(".", 1)[-1].lower()](path):
    print(text)
