"""Mail: what it says (`to_applicant`, `to_reviewer`), how it looks (`letter`), its headers (`envelope`), the sending."""
