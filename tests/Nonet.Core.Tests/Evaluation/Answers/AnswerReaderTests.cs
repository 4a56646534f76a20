using Nonet.Evaluation.Answers;
using Nonet.Evaluation.Tasks;

namespace Nonet.Tests.Evaluation.Answers;

public sealed class AnswerReaderTests
{
    static AnswerReader Reader(AnswerKind kind, string? trigger = "The answer is", bool first = false) =>
        new(new AnswerOptions { Kind = kind, Trigger = trigger, First = first });

    /// <summary>The first number, or the first after the sign of an equation: Schick et al. 2023, section 4.2.2.</summary>
    [Theory]
    [InlineData(" 12 apples of 40.", "12")]
    [InlineData("The correct answer is 5+3=8.", "8")]
    [InlineData(" 5 + 3 = 8 = 4 * 2", "8")]
    [InlineData(" 1,200 x = y", "1200")]
    [InlineData(" none", null)]
    public void After_an_equation_its_result_counts(string text, string? answer) =>
        Assert.Equal(answer, new AnswerReader(new AnswerOptions { Kind = AnswerKind.Number, First = true, AfterEquals = true }).Read(text).Answer);

    /// <summary>
    /// The papers' reading, the harness's strict filter, and the flexible one: text after the last trigger; exactly trigger and number; the last number.
    /// </summary>
    [Theory]
    [InlineData("21 - 15 = 6. The answer is 6.", "6", "6", "6")]
    [InlineData("The answer is 29.", "29", "29", "29")]
    [InlineData("The answer is 29", "29", "2", "29")] // the strict filter wants a character behind the number, and gives one of it away
    [InlineData("The answer is 1,000.", "1000", "1000", "1000")]
    [InlineData("The answer is 1000.0.", "1000", "1000", "1000")]
    [InlineData("The answer is 1,234,567.", "1234567", "1234567", "1234567")]
    [InlineData("The answer is $18.", "18", null, "18")]
    [InlineData("The answer is $1,250.50.", "1250.5", null, "1250.5")]
    [InlineData("The answer is 25%.", "25", "25", "25")]
    [InlineData("The answer is -7.", "-7", "-7", "-7")]
    [InlineData("The answer is -7.5.", "-7.5", "-7.5", "-7.5")]
    [InlineData("The answer is 0.5.", "0.5", "0.5", "0.5")]
    [InlineData("The answer is .5.", "5", "0.5", "0.5")]
    [InlineData("The answer is 007.", "7", "7", "7")]
    [InlineData("The answer is 08.", "8", "8", "8")]
    [InlineData("The answer is 0.", "0", "0", "0")]
    [InlineData("The answer is -0.", "0", "0", "0")]
    [InlineData("The answer is 3.00.", "3", "3", "3")]
    [InlineData("The answer is 12 apples.", "12", "12", "12")]
    [InlineData("The answer is 12 of the 40.", "12", "12", "40")]
    [InlineData("The answer is about 12.", "12", null, "12")]
    [InlineData("the answer is 12.", "12", null, "12")]
    [InlineData("So the answer is 12.", "12", null, "12")]
    [InlineData("The answer is: 12.", "12", null, "12")]
    [InlineData("The answer is 5. The answer is 7.", "7", "5", "7")]
    [InlineData("The answer is 5. No, 6. The answer is 7. Check: 3.", "7", "5", "3")]
    [InlineData("3 + 4 = 7", null, null, "7")]
    [InlineData("There are 3 cars and 2 vans", null, null, "2")]
    [InlineData("It is unclear.", null, null, null)]
    [InlineData("", null, null, null)]
    [InlineData("The answer is unknown.", null, null, null)]
    [InlineData("The answer is", null, null, null)]
    [InlineData("The answer is twelve. That is 12.", "12", null, "12")]
    [InlineData("The answer is 3 4.", "3", "3", "4")]
    [InlineData("The answer is 2/3.", "2", "2", "3")]
    [InlineData("The answer is 5 dollars and 50 cents.", "5", "5", "50")]
    [InlineData("The answer is 123456789012345678901234567890.", "123456789012345678901234567890", "123456789012345678901234567890",
        "123456789012345678901234567890")]
    // a missing stop text: the strict readings hold, the flexible one reads the next question
    [InlineData("The answer is 10\n\nQ: What is 3 + 4?", "10", "1", "4")]
    public void Numbers_are_read_as_the_papers_and_the_filters_read_them(string text, string? answer, string? strict, string? flexible)
    {
        var reading = Reader(AnswerKind.Number).Read(text);
        Assert.Equal((answer, strict, flexible), (reading.Answer, reading.Strict, reading.Flexible));
    }

    /// <summary>Kojima et al. take the first number of the second call.</summary>
    [Theory]
    [InlineData(" 8.", "8")]
    [InlineData(" 8. Then 9.", "8")]
    [InlineData(" $1,200 in all", "1200")]
    [InlineData(" -3", "-3")]
    [InlineData(" 3.5 metres", "3.5")]
    [InlineData(" eight", null)]
    [InlineData("", null)]
    public void The_second_call_gives_its_first_number(string text, string? answer) =>
        Assert.Equal(answer, Reader(AnswerKind.Number, trigger: null, first: true).Read(text).Answer);

    [Theory]
    [InlineData("The answer is (b).", "B")]
    [InlineData("So the answer is (B).", "B")]
    [InlineData("The answer is B.", "B")]
    [InlineData("The answer is (a), not (c).", "A")]
    [InlineData("It must be (e). The answer is (d).", "D")]
    [InlineData("The answer is none of them.", null)]
    [InlineData("I think that it is so.", null)]
    public void Letters_of_choices(string text, string? answer) => Assert.Equal(answer, Reader(AnswerKind.Letter).Read(text).Answer);

    [Theory]
    [InlineData("So the answer is yes.", "yes")]
    [InlineData("The answer is No.", "no")]
    [InlineData("The answer is yes, and not no.", "yes")]
    [InlineData("The answer is unknown.", null)]
    [InlineData("Yes.", null)]
    public void Yes_and_no(string text, string? answer) => Assert.Equal(answer, Reader(AnswerKind.YesNo).Read(text).Answer);

    [Theory]
    [InlineData("The answer is ya.", "ya")]
    [InlineData("The answer is \"YA\".", "ya")]
    [InlineData("They are y and a. The answer is ya", "ya")]
    public void Last_letters(string text, string? answer) => Assert.Equal(answer, Reader(AnswerKind.Letters).Read(text).Answer);

    [Theory]
    [InlineData("The Eiffel Tower.", "eiffel tower")]
    [InlineData("an apple", "apple")]
    [InlineData("the", null)]
    public void Words_are_compared_as_SQuAD_does(string text, string? answer) =>
        Assert.Equal(answer, Reader(AnswerKind.Words, trigger: null).Read(text).Answer);

    [Theory]
    [InlineData("1,000", "1000")]
    [InlineData("1000.0", "1000")]
    [InlineData("$1000", "1000")]
    [InlineData("+5", "5")]
    [InlineData("1.2.3", null)]
    [InlineData("12a", null)]
    [InlineData(".", null)]
    public void A_number_has_one_form(string text, string? form) => Assert.Equal(form, Reader(AnswerKind.Number).Normalize(text));

    [Fact]
    public void A_pattern_takes_the_last_match_and_an_unusable_one_is_named()
    {
        var reader = new AnswerReader(new AnswerOptions { Pattern = @"\[(\d+)\]", Kind = AnswerKind.Number });
        Assert.Equal("7", reader.Read("[3] then [7] then 9").Answer);
        Assert.Null(reader.Read("nothing in brackets").Answer);
        foreach (var wrong in new[] { "(", "no group", @"(a)(?=b)" })
            Assert.Contains("answer.pattern", Assert.Throws<ArgumentException>(() => new AnswerOptions { Pattern = wrong }.Check()).Message,
                StringComparison.Ordinal);
    }
}
