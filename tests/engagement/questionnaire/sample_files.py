"""A questionnaire as a large customer sends it, made here in our own words: workbook, document and CSV."""

import csv
import io
from functools import cache

import docx
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

SECTIONS: dict[str, tuple[str, ...]] = {
    "Identity and access": (
        "Is multi-factor authentication required for all employees?",
        "Must administrators of production use a second factor?",
        "If yes, does this hold for access through the command line too?",
        "Do employees sign in through single sign-on?",
        "How often are user access reviews performed?",
        "How quickly is access removed when an employee leaves?",
        "Is access approved before it is given to new hires?",
        "Are shared accounts allowed?",
        "Is access granted by least privilege?",
        "Describe your password rules.",
    ),
    "Change and development": (
        "Are changes to production approved before release?",
        "Is every code change reviewed by a second developer?",
        "Are developers kept from approving their own changes?",
        "Are emergency changes looked at afterwards?",
        "Is source code scanned for vulnerabilities?",
        "Are test and production environments separated?",
        "Do you keep secrets out of source code?",
        "Can you trace each release to an approved ticket?",
    ),
    "Encryption": (
        "Is customer data encrypted at rest?",
        "Is customer data encrypted in transit?",
        "How are encryption keys managed and rotated?",
        "Can customers bring their own encryption keys?",
        "Are laptops encrypted?",
        "Are backups encrypted?",
    ),
    "Vulnerabilities": (
        "Do you have an external penetration test at least once a year?",
        "Is a summary of the penetration test given to customers?",
        "How quickly are critical vulnerabilities patched?",
        "Do you have a vulnerability disclosure programme?",
        "Do laptops run malware protection?",
        "Are network ports scanned from outside?",
    ),
    "Incidents and logs": (
        "Do you have an incident response plan?",
        "Within what time are customers notified of a security incident?",
        "Has a customer been notified of an incident in the last three years?",
        "Are audit logs kept for production systems?",
        "How long are logs retained?",
        "Do you monitor production for security events?",
        "Are lessons from incidents written down?",
    ),
    "Continuity": (
        "Is customer data backed up every day?",
        "Are restores from backup tested?",
        "What is your recovery time objective?",
        "What is your recovery point objective?",
        "Do you have a business continuity and disaster recovery plan?",
        "Is the plan exercised every year?",
        "Do you promise a level of availability?",
    ),
    "People and vendors": (
        "Do you run background checks on employees before they start?",
        "Do all employees get security awareness training every year?",
        "Do you assess the security of your vendors?",
        "Please provide a list of subprocessors.",
        "Are vendors bound to notify you of incidents?",
        "Do employees agree to a code of conduct?",
        "Is there a named person responsible for security?",
    ),
    "Data and privacy": (
        "Do you store payment card numbers?",
        "Do you NOT store payment card numbers?",
        "Do you delete customer data when the contract ends?",
        "How long is customer data retained?",
        "In which country is customer data hosted?",
        "Is the data of each customer logically separated?",
        "Is customer data used to train models?",
        "Do you answer requests of data subjects in time?",
    ),
    "Reports": (
        "Do you have a SOC 2 Type 2 report?",
        "Are you SOX compliant?",
        "Is your service in scope of SOX 404 controls over financial reporting?",
        "Do you have a SOC 1 report for our auditors?",
        "Do you carry cyber insurance?",
        "Has an auditor qualified a report of yours?",
    ),
}
QUESTIONS = [question for questions in SECTIONS.values() for question in questions]


@cache
def caiq_like() -> bytes:
    """Return a workbook with merged cells, sections, lists of answers on a hidden sheet, formulas and a tick sheet."""
    book = Workbook()
    intro = book.active
    assert intro is not None
    intro.title = "Read me"
    intro["A1"] = "Vendor security review"
    intro["A1"].font = Font(bold=True, size=18)
    intro["A3"] = "Please answer every line of the next sheets."
    sheet = book.create_sheet("Controls")
    sheet.merge_cells("A1:F1")
    sheet["A1"] = "Globex Bank: vendor controls"
    sheet["A2"] = "Answered so far"
    sheet["C2"] = "=COUNTA(D5:D99)"
    headers = ("ID", "Domain", "Question", "Answer", "Comments", "Weight")
    for column, header in enumerate(headers, 1):
        cell = sheet.cell(4, column, header)
        cell.fill = PatternFill("solid", fgColor="1F4E78")
        cell.font = Font(color="FFFFFF", bold=True)
    row = 5
    for number, (section, questions) in enumerate(list(SECTIONS.items())[:8], 1):
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=6)
        sheet.cell(row, 1, section.upper()).font = Font(bold=True)
        row += 1
        first = row
        for item, question in enumerate(questions, 1):
            sheet.cell(row, 1, f"GX-{number}.{item}")
            sheet.cell(row, 3, question).alignment = Alignment(wrap_text=True)
            sheet.cell(row, 4).fill = PatternFill("solid", fgColor="FFF2CC")
            sheet.cell(row, 6, item)
            row += 1
        sheet.cell(first, 2, section)
        sheet.merge_cells(start_row=first, start_column=2, end_row=row - 1, end_column=2)
    sheet.cell(row, 6, f"=SUM(F5:F{row - 1})")
    lists = book.create_sheet("Lists")
    for place, word in enumerate(("Yes", "No", "Partially", "Not applicable"), 1):
        lists.cell(place, 1, word)
    lists.sheet_state = "hidden"
    valid = DataValidation(type="list", formula1="Lists!$A$1:$A$4", allow_blank=True)
    valid.add(f"D6:D{row}")
    sheet.add_data_validation(valid)
    ticks = book.create_sheet("Reports")
    ticks.append(["No.", "What we ask", "Your answer", None, None, "Notes"])
    ticks.append([None, None, "Yes", "No", "N/A", None])
    ticks.merge_cells("C1:E1")
    for number, question in enumerate(SECTIONS["Reports"], 1):
        ticks.append([number, question])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@cache
def as_document() -> bytes:
    """Return a document with a table of questions, and two more questions in the running text."""
    document = docx.Document()
    document.add_heading("Security questions of Globex Bank", 1)
    document.add_paragraph("Thank you for taking the time.")
    table = document.add_table(rows=1, cols=3)
    for cell, text in zip(table.rows[0].cells, ("Question", "Response", "Comments"), strict=True):
        cell.text = text
    for section, questions in list(SECTIONS.items())[:3]:
        heading = table.add_row().cells
        heading[0].merge(heading[2]).text = section
        for question in questions:
            table.add_row().cells[0].text = question
    document.add_heading("Further questions", 2)
    document.add_paragraph("Do you carry cyber insurance?")
    document.add_paragraph("Answer:")
    document.add_paragraph("Do you have a SOC 2 Type 2 report?")
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def as_csv(separator: str = ";") -> bytes:
    """Return a CSV with a byte order mark, semicolons and quotes, as spreadsheets of half the world save it."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\r\n")
    writer.writerow(["Ref", "Section", "Question", "Response", "Remarks"])
    for number, (section, questions) in enumerate(SECTIONS.items(), 1):
        for item, question in enumerate(questions, 1):
            writer.writerow([f"{number}.{item}", section, f'{question} ("in full")', "", ""])
    return b"\xef\xbb\xbf" + text.getvalue().encode()
