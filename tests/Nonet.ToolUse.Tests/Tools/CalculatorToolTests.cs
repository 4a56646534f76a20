using Nonet.ToolUse.Tools;

namespace Nonet.ToolUse.Tests.Tools;

public class CalculatorToolTests
{
    [Theory] // the first four are the paper's
    [InlineData("27 + 4 * 2", "35")]
    [InlineData("400 / 1400", "0.29")]
    [InlineData("85 / 23", "3.70")]
    [InlineData("658,893 / 11.4%", "5779763.16")]
    [InlineData("(1 + 2) * (3 - 4)", "-3")]
    [InlineData("1 - 2 - 3", "-4")]
    [InlineData("8 / 4 / 2", "1")]
    [InlineData("--5", "5")]
    [InlineData("(5 + 5)%", "0.10")]
    [InlineData("$1,250.50 x 2", "2501")]
    [InlineData("0.005", "0.01")]
    [InlineData("0 - 0.001", "0.00")]
    [InlineData("1/8", "0.13")]
    [InlineData("((((((((((((((((((((1))))))))))))))))))))", "1")]
    public void Results_have_two_decimals(string expression, string result) => Assert.Equal(result, CalculatorTool.Calculate(expression));

    [Fact]
    public void Many_groups_are_not_deep() => Assert.Equal("100", CalculatorTool.Calculate(string.Join('+', Enumerable.Repeat("(1)", 100))));

    [Theory]
    [InlineData("")]
    [InlineData("1 +")]
    [InlineData("1 + + 2")]
    [InlineData("(1")]
    [InlineData("1)")]
    [InlineData("1 2")]
    [InlineData("1.2.3")]
    [InlineData("1 / 0")]
    [InlineData("2 ** 3")]
    [InlineData("10 % 3")]
    [InlineData("System.Exit()")]
    [InlineData("99999999999999999999999999999999")]
    [InlineData("79228162514264337593543950335 + 1")]
    [InlineData(",")]
    public void What_is_no_expression_has_no_result(string expression) => Assert.Null(CalculatorTool.Calculate(expression));

    [Fact]
    public void A_million_strings_are_read()
    {
        string[] pieces = ["1", "23", "4,567", "0.5", ".", ",", "+", "-", "*", "/", "(", ")", "%", " ", "x", "÷", "$", "a", "\0", "9999999999", "-(", "((("];
        var random = new Random(2);
        var (values, most) = (0, 0L);
        for (var i = 0; i < 1_000_000; i++)
        {
            var text = string.Concat(random.GetItems(pieces, random.Next(1, 20)));
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            values += CalculatorTool.Calculate(text) is null ? 0 : 1;
            most = Math.Max(most, GC.GetAllocatedBytesForCurrentThread() - allocated);
        }
        Assert.InRange(values, 10_000, 900_000);
        Assert.True(most < 1 << 20, $"{most} bytes");
    }

    [Theory]
    [InlineData("(")]
    [InlineData("-")]
    [InlineData("1+")]
    [InlineData("9")]
    [InlineData(",")]
    public void Long_texts_end_without_deep_recursion(string piece) =>
        Assert.Null(CalculatorTool.Calculate(string.Concat(Enumerable.Repeat(piece, 1_000_000))));
}
