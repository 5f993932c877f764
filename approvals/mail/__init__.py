"""Mail: what it says (`to_applicant`, `to_reviewer`, `to_administrator`), how it looks (`letter`), its headers (`envelope`), the sending."""
