"""Reading a company's own log: what is understood, what is done to it, and what each wrong file is told."""

import io
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdnow import cdnow_log
from sim.analytics.log import Log, LogError, read_log

GOOD = "customer_id,date,amount\n00012,2024-01-05,10.00\n00007,2024-01-03,5\n00012,2024-02-01,7.5\n"


@pytest.fixture
def written(tmp_path: Path):
    """A function that writes a text or bytes to a file and returns its path."""

    def write(content: str | bytes, name: str = "log.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def frame(text: str) -> pd.DataFrame:
    """A DataFrame from CSV text, all cells as text."""
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)


def rows(log: Log) -> list[tuple]:
    table = log.transactions.assign(time=log.transactions["time"].dt.strftime("%Y-%m-%d %H:%M:%S"))
    return list(table.itertuples(index=False, name=None))


def column(values: list, name: str) -> pd.DataFrame:
    """A good log of as many rows with one column replaced."""
    size = len(values)
    good = {
        "customer_id": [f"c{k}" for k in range(size)],
        "date": [f"2024-01-{k + 1:02}" for k in range(size)],
        "amount": [f"{k + 1}.5" for k in range(size)],
    }
    return pd.DataFrame({**good, name: values})


def times_of(values: list) -> list[str]:
    log = read_log(column(values, "date").assign(customer_id=range(len(values))))
    return log.transactions["time"].astype(str).tolist()


def amounts_of(values: list) -> list[float]:
    log = read_log(column(values, "amount").assign(customer_id=range(len(values))))
    return log.transactions["amount"].tolist()


class TestFiles:
    def test_a_csv_is_read_sorted_and_ids_keep_their_zeros(self, written):
        log = read_log(written(GOOD))
        assert rows(log) == [
            ("00007", "2024-01-03 00:00:00", 5.0),
            ("00012", "2024-01-05 00:00:00", 10.0),
            ("00012", "2024-02-01 00:00:00", 7.5),
        ]
        assert log.summary.counts["rows_read"] == 3
        assert log.summary.counts["customers"] == 2
        assert (log.summary.first_day, log.summary.last_day) == (date(2024, 1, 3), date(2024, 2, 1))

    def test_a_path_may_be_a_string(self, written):
        assert rows(read_log(str(written(GOOD)))) == rows(read_log(frame(GOOD)))

    def test_a_european_export_means_the_same(self, written):
        european = GOOD.replace(".", ",").replace(",", ";", 0)
        lines = [line.split(",", 2) for line in european.splitlines()]
        assert rows(read_log(written("\n".join(map(";".join, lines))))) == rows(read_log(written(GOOD)))

    @pytest.mark.parametrize("separator", [";", "\t", "|"])
    def test_other_separators_mean_the_same(self, written, separator):
        assert rows(read_log(written(GOOD.replace(",", separator)))) == rows(read_log(frame(GOOD)))

    @pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16"])
    def test_what_spreadsheets_write_is_read(self, written, coding):
        text = GOOD.replace("00007", "Zoë").replace("\n", "\r\n")
        assert rows(read_log(written(text.encode(coding))))[-1][0] == "Zoë"

    def test_quoted_cells_may_hold_separators_and_line_breaks(self, written):
        text = 'customer_id,date,amount,note\n1,2024-01-05,"1,250.00","a\nb, ""c"""\n2,2024-01-06,3.00,\n'
        assert [row[2] for row in rows(read_log(written(text)))] == [1250, 3]

    def test_a_parquet_file_is_read(self, tmp_path):
        path = tmp_path / "log.parquet"
        pd.DataFrame(
            {"id": [2, 1], "time": pd.to_datetime(["2024-05-01", "2024-05-02"]), "total": [1, 2]}
        ).to_parquet(path)
        assert rows(read_log(path)) == [(1, "2024-05-02 00:00:00", 2.0), (2, "2024-05-01 00:00:00", 1.0)]

    def test_an_index_saved_in_a_parquet_file_is_a_column(self, tmp_path):
        path = tmp_path / "log.parquet"
        frame(GOOD).set_index("customer_id").to_parquet(path)
        assert rows(read_log(path)) == rows(read_log(frame(GOOD)))

    def test_the_log_handed_over_is_left_as_it_was(self):
        given_log = frame(GOOD)
        before = given_log.copy()
        read_log(given_log)
        pd.testing.assert_frame_equal(given_log, before)

    def test_cdnow_is_read_whole(self):
        log = read_log(cdnow_log())
        assert log.summary.counts["purchases"] == 6919
        assert log.summary.counts["identical_rows_kept"] == 21
        assert log.summary.counts["zero_amounts"] == 8
        assert log.transactions["customer_id"].iloc[0] == "0001"
        assert log.transactions["amount"].sum() == pytest.approx(cdnow_log()["amount"].sum())


WRONG_FILES = [
    ("", "log.csv", "log.csv is empty"),
    ("\n\n \n", "log.csv", "log.csv is empty"),
    ("customer_id,date,amount\n", "log.csv", "no rows below the column names"),
    ("customer_id,date,amount\n,,\n\n", "log.csv", "only empty rows"),
    ("\n" + GOOD, "log.csv", "row 1 is empty; it must name the columns"),
    ("customer_id\n1\n2\n", "log.csv", "only one column, 'customer_id'"),
    ("It was a dark night\nand stormy", "log.csv", "only one column, 'It was a dark night'"),
    (
        "Dear Sir, I saw, and wrote\nyour, shop, closed\n",
        "log.txt",
        "no column looks like the customer_id; row 1 must",
    ),
    (
        "1,2024-01-05,10\n2,2024-01-06,11\n",
        "log.csv",
        "no column looks like the customer_id.*they are '1', '2024-01-05'",
    ),
    (
        "customer_id,date\n1,2024-01-05\n",
        "log.csv",
        "no column looks like the amount.*say which with amount=",
    ),
    (GOOD + "9,2024-01-01,5,6\n", "log.csv", "row 5 has 4 columns, row 1 has 3"),
    (GOOD + '9,"2024-01-01,5\n', "log.csv", "row 5 opens a quotation mark that is never closed"),
    (GOOD + "9,2024-01-01\n", "log.csv", "amount, row 5: is empty"),
    (GOOD + "9,,5\n", "log.csv", "date, row 5: is empty; allowed: a date such as 2025-01-31"),
    (GOOD + "\n9,2024-02-30,5\n", "log.csv", "date, row 6: is '2024-02-30'; allowed: a date"),
    (GOOD + "9,yesterday,5\n", "log.csv", "date, row 5: is 'yesterday'"),
    (GOOD + "9,2199-01-01,5\n", "log.csv", "date, row 5: is '2199-01-01'; allowed: dates that have come"),
    (GOOD + "9,1969-12-31,5\n", "log.csv", "date, row 5: is '1969-12-31'; allowed: dates from 1970 on"),
    (GOOD + "9,1900-01-00,5\n", "log.csv", "date, row 5: is '1900-01-00'"),
    (GOOD + "9,2024-01-01,five\n", "log.csv", "amount, row 5: is 'five'; allowed: a number such as 1234.50"),
    (GOOD + "9,2024-01-01,inf\n", "log.csv", "amount, row 5: is 'inf'"),
    (GOOD + "9,2024-01-01,1e300\n", "log.csv", "amount, row 5: is '1e300'; .* at most 1e12"),
    (GOOD + "9,2024-01-01,\n", "log.csv", "amount, row 5: is empty"),
    (GOOD + ",2024-01-01,1\n" * 4, "log.csv", "customer_id, row 5: is empty; 4 of 7 rows lack an id"),
    (GOOD.replace("date", "amount"), "log.csv", "no column looks like the date"),
    (GOOD.replace("customer_id", "amount"), "log.csv", "no column looks like the customer_id"),
    (
        "customer_id,client,date,amount\n1,2,2024-01-01,5\n",
        "log.csv",
        "'customer_id', 'client' could each be the cust",
    ),
    (
        "id,date,amount,amount\n1,2024-01-01,5,6\n",
        "log.csv",
        "columns 'amount', 'amount' could each be the amount",
    ),
    ("id,date,quantity,price\n1,2024-01-01,5,6\n", "log.csv", "'price' beside a quantity"),
    ("customer_id,date,amount\n1,2024-01-01,-5\n", "log.csv", "no purchase is left"),
    ("customer_id,date,amount\n1,2024-01-01,5\n1,2024-01-02,-5\n", "log.csv", "no purchase is left"),
    (GOOD.replace("00007", "Zoë").encode("latin-1"), "log.csv", "log.csv, row 3: not UTF-8 text"),
    (b"PK\x03\x04\x00\x00", "log.csv", "log.csv is not text"),
    (b"PK\x03\x04\x00\x00", "log.xlsx", "log.xlsx is not a .csv, .tsv, .txt or .parquet file"),
    (b"PAR1 but no more", "log.parquet", "log.parquet cannot be read as parquet"),
    (GOOD, "log.parquet", "log.parquet cannot be read as parquet"),
]


CELLS = st.one_of(
    st.sampled_from(
        [
            "2024-01-05",
            "05/04/2024",
            "13/04/2024",
            "20240105",
            "Jan 5, 2024",
            "2024-01-05T10:00Z",
            "12:00 pm",
            "0000-01-01",
            "9999-12-31",
            "0",
            "-5",
            "1,234",
            "1.234",
            "12,50",
            "$5",
            "€6",
            "(5)",
            "()",
            "-",
            "1e400",
            "inf",
            "nan",
            '"',
            "a",
            "",
        ]
    ),
    st.text(st.characters(codec="utf-8"), max_size=6),
)


class TestWrongFiles:
    @pytest.mark.parametrize("content, name, said", WRONG_FILES)
    def test_one_sentence_says_what_is_wrong_and_where(self, written, content, name, said):
        with pytest.raises(LogError, match=said) as error:
            read_log(written(content, name))
        assert "\n" not in str(error.value)

    def test_a_missing_file(self, tmp_path):
        with pytest.raises(LogError, match=r"there is no file .*nowhere.csv"):
            read_log(tmp_path / "nowhere.csv")

    def test_a_folder(self, tmp_path):
        with pytest.raises(LogError, match="is a folder"):
            read_log(tmp_path)

    def test_no_table_at_all(self):
        with pytest.raises(LogError, match="got list"):
            read_log([("a", "2024-01-01", 5)])

    def test_a_dataframe_without_rows(self):
        with pytest.raises(LogError, match="the log has no rows"):
            read_log(pd.DataFrame(columns=["customer_id", "date", "amount"]))

    def test_rows_of_a_dataframe_are_named_by_their_index(self):
        bad = pd.DataFrame(
            {"customer": ["a", "b"], "date": ["2024-01-01"] * 2, "revenue": [1, np.nan]}, index=["u", "v"]
        )
        with pytest.raises(LogError, match=r"revenue \(amount\), index 'v': is empty"):
            read_log(bad)

    @given(
        cells=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6),
        separator=st.sampled_from(",;\t"),
    )
    def test_whatever_is_in_the_cells_the_answer_is_a_log_or_one_sentence(
        self, cells, separator, tmp_path_factory
    ):
        path = tmp_path_factory.mktemp("any") / "log.csv"
        lines = [("customer_id", "date", "amount"), *cells]
        path.write_bytes("\n".join(map(separator.join, lines)).encode())
        try:
            assert len(read_log(path).transactions)
        except LogError as error:
            assert "\n" not in str(error)

    def test_log_errors_are_value_errors(self):
        assert issubclass(LogError, ValueError)


class TestColumns:
    @pytest.mark.parametrize(
        "header",
        [
            "CustomerID,InvoiceDate,Revenue",
            "cust_id,Order Date,Total",
            "client-id,timestamp,VALUE",
            "user_id,purchase_date,spend",
            " Customer ID , date , Amount ",
            "id,time,price",
        ],
    )
    def test_common_spellings_are_understood(self, header):
        assert len(read_log(frame(GOOD.replace("customer_id,date,amount", header))).transactions) == 3

    def test_a_plain_id_and_time_give_way_to_better_names(self):
        log = frame("id,customer_id,time,date,total,amount\n7,a,12:00,2024-01-01,9,5\n")
        assert rows(read_log(log)) == [("a", "2024-01-01 00:00:00", 5.0)]

    def test_columns_may_be_named(self):
        log = frame("wer,wann,was\na,2024-01-01,5\n")
        assert rows(read_log(log, customer_id="wer", date="wann", amount="was"))[0][0] == "a"

    def test_naming_one_settles_an_ambiguity(self):
        log = frame("customer_id,client,date,amount\n1,2,2024-01-01,5\n")
        assert rows(read_log(log, customer_id="client"))[0][0] == "2"

    def test_a_named_column_must_be_there(self):
        with pytest.raises(
            LogError, match="amount: column 'sum' is not there; the log's columns are 'customer_id', 'date'"
        ):
            read_log(frame(GOOD), amount="sum")

    def test_a_column_plays_one_role(self):
        with pytest.raises(LogError, match="'amount' cannot be both"):
            read_log(frame(GOOD), customer_id="amount")


class TestDates:
    @pytest.mark.parametrize(
        "written_as, meant",
        [
            ("2024-03-31", "2024-03-31"),
            ("2024/3/31", "2024-03-31"),
            ("20240331", "2024-03-31"),
            (20240331, "2024-03-31"),
            ("2024-03-31T14:05:06", "2024-03-31 14:05:06"),
            ("2024-03-31 14:05", "2024-03-31 14:05:00"),
            ("2024-03-31T14:05:06.25Z", "2024-03-31 14:05:06.250"),
            ("2024-03-31T14:05:06+02:00", "2024-03-31 14:05:06"),
            ("31.03.2024", "2024-03-31"),
            ("03/31/2024 2:05 PM", "2024-03-31 14:05:00"),
            ("3/31/2024 12:05 am", "2024-03-31 00:05:00"),
            ("31 Mar 2024", "2024-03-31"),
            ("31-MARCH-2024", "2024-03-31"),
            ("Mar 31, 2024", "2024-03-31"),
            (date(2024, 3, 31), "2024-03-31"),
            (datetime(2024, 3, 31, 14, 5), "2024-03-31 14:05:00"),
            (pd.Timestamp("2024-03-31 23:30", tz="Europe/Berlin"), "2024-03-31 23:30:00"),
            (np.datetime64("2024-03-31"), "2024-03-31"),
        ],
    )
    def test_a_date_is_read_as_it_is_meant(self, written_as, meant):
        assert times_of([written_as]) == [meant]

    def test_one_day_above_12_tells_day_from_month(self):
        assert times_of(["05/04/2024", "13/04/2024"]) == ["2024-04-05", "2024-04-13"]
        assert times_of(["05/04/2024", "05/13/2024"]) == ["2024-05-04", "2024-05-13"]

    def test_days_and_months_that_cannot_be_told_apart_are_refused(self):
        with pytest.raises(
            LogError, match=r"date, index 0: is '05/04/2024'; day or month first cannot be told"
        ):
            times_of(["05/04/2024", "06/07/2024"])

    def test_days_first_and_months_first_in_one_column_are_refused(self):
        with pytest.raises(LogError, match=r"date, index 1: is '05/13/2024'; its day comes second while"):
            times_of(["13/04/2024", "05/13/2024"])

    @pytest.mark.parametrize(
        "odd", ["13/04/2024", "20240105", "Jan 5, 2024", "45123", "2024-13-01", "2024-01-05 25:00"]
    )
    def test_a_date_unlike_the_others_is_refused(self, odd):
        with pytest.raises(LogError, match=r"date, index 2: is "):
            times_of(["2024-01-01", "2024-01-02", odd])

    @pytest.mark.parametrize("odd", ["2024-01-05T10:00:00", "2024-01-05T10:00:00+01:00"])
    def test_mixed_time_zones_are_refused(self, odd):
        with pytest.raises(LogError, match=r"date, index 1: .*its time zone differs from the first row's"):
            times_of(["2024-01-05T10:00:00Z", odd])

    def test_mixed_time_zones_of_timestamps_are_refused(self):
        zones = [timezone(timedelta(hours=hours)) for hours in (1, 5)]
        with pytest.raises(LogError, match=r"date, index 1: .*its time zone differs"):
            times_of([datetime(2024, 1, 5, 10, tzinfo=zone) for zone in zones])

    @pytest.mark.parametrize("short", ["05/04/24", "24-04-05", "2024-04", "2024", "5.4.", "10:30"])
    def test_shortened_dates_are_refused(self, short):
        with pytest.raises(LogError, match=r"date, index 0: is "):
            times_of([short])

    def test_timestamps_to_come_are_refused(self):
        with pytest.raises(LogError, match="allowed: dates that have come"):
            times_of([pd.Timestamp.now() + pd.Timedelta(days=3)])

    def test_a_gap_among_timestamps_is_refused(self):
        with pytest.raises(LogError, match="date, index 1: is empty"):
            times_of([pd.Timestamp("2024-01-01"), pd.NaT])


class TestAmounts:
    @pytest.mark.parametrize(
        "written_as, meant",
        [
            (["1.5", "2"], [1.5, 2]),
            (["1,234.50", "12.00"], [1234.5, 12]),
            (["1.234,50", "12"], [1234.5, 12]),
            (["12,5", "0,99"], [12.5, 0.99]),
            (["1'234.50", "7.00"], [1234.5, 7]),
            (["1 234,50", "7"], [1234.5, 7]),
            (["$1,234.50", "$ 7.00"], [1234.5, 7]),
            (["7,50 €", "8"], [7.5, 8]),
            (["USD 7.50", "8 USD"], [7.5, 8]),
            (["1e3", "2.5E-1"], [1000, 0.25]),
            ([Decimal("1.10"), Decimal("2")], [1.1, 2]),
            ([1, 2.5], [1, 2.5]),
            (["1,234", "12.50"], [1234, 12.5]),
            (["1.234", "12,50"], [1234, 12.5]),
        ],
    )
    def test_an_amount_is_read_as_it_is_meant(self, written_as, meant):
        assert amounts_of(written_as) == meant

    @pytest.mark.parametrize("unclear", [["1,234", "5,678"], ["1.234", "17"]])
    def test_thousands_or_decimals_that_cannot_be_told_are_refused(self, unclear):
        with pytest.raises(LogError, match=r"amount, index 0: .* thousands or decimals cannot be told"):
            amounts_of(unclear)

    @pytest.mark.parametrize(
        "odd", ["12,5", "1.2.3", "12-", "", "nan", "ten", "0x10", "1_000", "--5", "1,23,456"]
    )
    def test_an_amount_unlike_the_others_is_refused(self, odd):
        with pytest.raises(LogError, match=r"amount, index 2: is "):
            amounts_of(["1.50", "2.25", odd])

    def test_two_currencies_are_refused(self):
        with pytest.raises(
            LogError, match=r"amount, index 1: is '€7'; other amounts are in \$; use one currency"
        ):
            amounts_of(["$5", "€7"])

    @pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 1e13])
    def test_numbers_must_be_finite_and_believable(self, odd):
        with pytest.raises(LogError, match=r"amount, index 1: is .*allowed: a number"):
            amounts_of([1.0, odd])

    def test_truth_values_are_no_amounts(self):
        with pytest.raises(LogError, match="amount, index 0: is 'True'; allowed: a number"):
            amounts_of([True, False])

    def test_lists_are_no_amounts(self):
        with pytest.raises(LogError, match="allowed: one value per cell"):
            amounts_of([[1], [2]])


class TestIds:
    def test_whole_numbers_stay_whole_numbers_despite_gaps(self):
        log = read_log(column([17850.0, np.nan, 13047.0], "customer_id"))
        assert log.transactions["customer_id"].tolist() == [13047, 17850]
        assert log.summary.counts["missing_ids"] == 1

    @pytest.mark.parametrize("nothing", ["", " ", "NULL", "nan", None, np.nan, pd.NA, "N/A"])
    def test_rows_without_an_id_are_dropped_and_counted(self, nothing):
        log = read_log(column(["a", nothing, "b"], "customer_id"))
        assert [row[0] for row in rows(log)] == ["a", "b"]
        assert log.summary.counts["missing_ids"] == 1

    def test_a_bad_cell_of_a_row_without_id_is_no_error(self):
        """Exports often end with a line of totals."""
        log = read_log(
            pd.concat(
                [
                    frame(GOOD),
                    pd.DataFrame([["", "Total", "22.50"]], columns=["customer_id", "date", "amount"]),
                ]
            )
        )
        assert log.summary.counts["missing_ids"] == 1

    def test_numbers_that_are_not_whole_become_text(self):
        assert [row[0] for row in rows(read_log(column([2.5, 1.0], "customer_id")))] == ["1.0", "2.5"]

    def test_mixed_kinds_become_text(self):
        assert [row[0] for row in rows(read_log(column(["a", 7, 3], "customer_id")))] == ["3", "7", "a"]

    def test_empty_rows_are_skipped_and_counted(self, written):
        log = read_log(written(GOOD + "\n,,\n9,2024-01-01,5\n"))
        assert log.summary.counts["empty_rows"] == 2
        assert log.summary.counts["rows_read"] == 4
        assert log.summary.counts["missing_ids"] == 0


class TestDuplicates:
    LINE = "a,2024-01-05,10.00"

    def counts(self, header: str, *lines: str) -> dict[str, int]:
        return read_log(frame("\n".join([header, *lines]))).summary.counts

    def test_identical_rows_with_dates_only_may_be_two_purchases_and_stay(self):
        counts = self.counts("customer_id,date,amount", self.LINE, self.LINE)
        assert (counts["identical_rows_kept"], counts["duplicates_removed"], counts["purchases"]) == (1, 0, 2)

    def test_identical_rows_with_a_time_of_day_are_copies(self):
        line = "a,2024-01-05 10:31,10.00"
        counts = self.counts("customer_id,date,amount", line, line, line, "a,2024-01-05 10:32,10.00")
        assert (counts["identical_rows_kept"], counts["duplicates_removed"], counts["purchases"]) == (0, 2, 2)

    def test_identical_rows_with_a_purchase_number_are_copies(self):
        counts = self.counts(
            "order_id,customer_id,date,amount", f"1,{self.LINE}", f"1,{self.LINE}", f"2,{self.LINE}"
        )
        assert (counts["duplicates_removed"], counts["purchases"]) == (1, 2)

    def test_rows_that_differ_in_any_column_are_no_copies(self):
        line = "a,2024-01-05 10:31,10.00"
        counts = self.counts("customer_id,date,amount,item", f"{line},tea", f"{line},cake")
        assert (counts["duplicates_removed"], counts["purchases"]) == (0, 2)


def refunded(*lines: str) -> Log:
    return read_log(frame("\n".join(["customer_id,date,amount", *lines])))


class TestRefunds:
    def test_a_refund_reduces_the_latest_purchase_before_it(self):
        log = refunded("a,2024-01-01,10", "a,2024-01-08,20", "a,2024-01-09,-5", "a,2024-01-10,30")
        assert [row[2] for row in rows(log)] == [10, 15, 30]
        assert log.summary.counts["refunds"] == 1

    def test_a_refund_of_the_same_day_finds_its_purchase_in_any_order(self):
        log = refunded("a,2024-01-08 09:00,-5", "a,2024-01-08 17:00,20", "a,2024-01-01 10:00,10")
        assert [row[2] for row in rows(log)] == [10, 15]

    def test_a_large_refund_goes_on_to_earlier_purchases(self):
        log = refunded("a,2024-01-01,10", "a,2024-01-08,20", "a,2024-01-09,-25")
        assert rows(log) == [("a", "2024-01-01 00:00:00", 5.0)]
        assert log.summary.counts["purchases_refunded"] == 1
        assert log.summary.counts["refunds_unmatched"] == 0

    def test_a_purchase_refunded_to_the_cent_is_removed(self):
        log = refunded("a,2024-01-01,0.30", "a,2024-01-02,0.10", "a,2024-01-02,0.20", "a,2024-01-03,-0.3")
        assert rows(log) == [("a", "2024-01-01 00:00:00", 0.3)]

    def test_the_excess_of_a_refund_is_dropped_and_counted(self):
        log = refunded("a,2024-01-01,10", "b,2024-01-01,10", "a,2024-01-09,-25", "a,2024-02-01,7")
        assert rows(log) == [("a", "2024-02-01 00:00:00", 7.0), ("b", "2024-01-01 00:00:00", 10.0)]
        assert log.summary.counts["refunds_unmatched"] == 1

    def test_nobody_pays_for_anothers_refund_nor_for_one_before_the_purchase(self):
        log = refunded("a,2024-01-05,10", "b,2024-01-06,-4", "a,2024-01-04,-3")
        assert rows(log) == [("a", "2024-01-05 00:00:00", 10.0)]
        assert log.summary.counts["refunds_unmatched"] == 2

    def test_a_free_purchase_is_a_visit_and_is_never_refunded(self):
        log = refunded("a,2024-01-01,10", "a,2024-01-02,0", "a,2024-01-03,-4")
        assert [row[2] for row in rows(log)] == [6, 0]
        assert log.summary.counts["zero_amounts"] == 1

    def test_accountants_brackets_are_refunds(self):
        assert rows(refunded("a,2024-01-01,10.50", "a,2024-01-02,(0.50)"))[0][2] == 10

    def test_a_refund_still_tells_how_far_the_log_reaches(self):
        log = refunded("a,2024-01-01,10", "a,2024-03-01,-1")
        assert log.summary.last_day == date(2024, 3, 1)

    @given(
        st.lists(
            st.tuples(st.sampled_from("ab"), st.integers(1, 9), st.integers(-2000, 2000)),
            min_size=1,
            max_size=25,
        )
    )
    def test_money_is_neither_made_nor_lost(self, cents):
        table = pd.DataFrame(cents, columns=["customer_id", "date", "amount"])
        table = table.assign(date="2024-01-0" + table["date"].astype(str), amount=table["amount"] / 100)
        bought = table.loc[table["amount"] > 0, "amount"].sum()
        try:
            log = read_log(table)
        except LogError as error:
            assert "no purchase is left" in str(error)
            return
        kept = log.transactions["amount"].sum()
        assert table["amount"].sum() - 1e-6 <= kept <= bought + 1e-6
        if not log.summary.counts["refunds_unmatched"]:
            assert kept == pytest.approx(table["amount"].sum(), abs=1e-6)


class TestUntil:
    @pytest.mark.parametrize("until", ["2024-01-05", date(2024, 1, 5), pd.Timestamp("2024-01-05 08:00")])
    def test_rows_after_that_day_are_left_out_and_counted(self, until):
        log = read_log(frame(GOOD), until=until)
        assert [row[1][:10] for row in rows(log)] == ["2024-01-03", "2024-01-05"]
        assert log.summary.counts["rows_after_until"] == 1

    def test_a_refund_after_that_day_is_not_known_yet(self):
        log = frame("customer_id,date,amount\na,2024-01-01,10\na,2024-02-01,-4\n")
        assert rows(read_log(log, until="2024-01-31"))[0][2] == 10

    def test_a_day_before_the_log_is_refused(self):
        with pytest.raises(LogError, match="until is 2023-01-01, but the log begins on 2024-01-03"):
            read_log(frame(GOOD), until="2023-01-01")

    def test_a_word_is_no_day(self):
        with pytest.raises(LogError, match="until is 'soon'; allowed: a date"):
            read_log(frame(GOOD), until="soon")


class TestSummary:
    def test_it_states_each_rule_that_was_applied_in_words(self):
        log = refunded(
            "a,2024-01-01,10", "a,2024-01-01,10", ",2024-01-01,5", "a,2024-01-02,0", "a,2024-01-03,-30"
        )
        assert str(log).splitlines() == [
            "rows read: 5",
            "rows without a customer id, dropped: 1",
            "rows equal to an earlier one, but without time of day or number, kept: 1",
            "purchases of amount 0, kept as visits that lower the customer's mean amount: 1",
            "refunds (negative amounts), taken off the customer's latest purchases of that day or before: 1",
            "refunds larger than all earlier purchases, the excess dropped: 1",
            "purchases refunded in full, removed: 2",
            "purchases left: 1",
            "customers left: 1",
            "from 2024-01-01 to 2024-01-03",
        ]

    def test_the_counts_add_up(self):
        log = read_log(cdnow_log(), until="1997-09-30")
        counts = log.summary.counts
        gone = ("missing_ids", "rows_after_until", "duplicates_removed", "refunds", "purchases_refunded")
        assert (
            counts["rows_read"] - sum(counts[name] for name in gone)
            == counts["purchases"]
            == len(log.transactions)
        )


STYLES = {
    "ISO, comma": (",", "%Y-%m-%d %H:%M:%S", "{:.2f}"),
    "US, tab": ("\t", "%m/%d/%Y %I:%M:%S %p", "${:,.2f}"),
    "European, semicolon": (";", "%d.%m.%Y %H:%M:%S", "EU"),
    "compact, bar": ("|", "%Y%m%d %H:%M:%S", "{:.2f}"),
}


def in_european_money(amount: float) -> str:
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,")) + " €"


class TestRoundTrip:
    @given(
        style=st.sampled_from(list(STYLES)),
        purchases=st.lists(
            st.tuples(
                st.text("01234", min_size=1, max_size=5),
                st.datetimes(datetime(1990, 1, 1), datetime(2024, 12, 31)),
                st.integers(1, 10**7),
            ),
            min_size=1,
            max_size=20,
            unique=True,
        ),
    )
    def test_any_log_written_in_a_common_style_is_read_back(self, style, purchases, tmp_path_factory):
        separator, layout, money = STYLES[style]
        table = pd.DataFrame(purchases, columns=["customer_id", "time", "cents"])
        table.loc[len(table)] = ["9", datetime(2024, 12, 31, 1), 1]  # a day above 12, so that the order shows
        table["time"] = table["time"].astype("datetime64[s]").astype("datetime64[us]")
        table = table.drop_duplicates()
        table["amount"] = table["cents"] / 100
        write = in_european_money if money == "EU" else money.format
        text = table.assign(date=table["time"].dt.strftime(layout), amount=table["amount"].map(write))
        path = tmp_path_factory.mktemp("log") / "log.csv"
        text[["customer_id", "date", "amount"]].to_csv(path, sep=separator, index=False)
        expected = table.sort_values(["customer_id", "time"], kind="stable")
        found = read_log(path).transactions
        assert found["customer_id"].tolist() == expected["customer_id"].tolist()
        assert found["time"].tolist() == expected["time"].tolist()
        assert found["amount"].tolist() == pytest.approx(expected["amount"].tolist())
