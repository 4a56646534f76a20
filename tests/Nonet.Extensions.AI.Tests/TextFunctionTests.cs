using Microsoft.Extensions.AI;

namespace Nonet.Extensions.AI.Tests;

public class TextFunctionTests
{
    static async Task<string?> Call(Delegate function, string text) =>
        await AIFunctionFactory.Create(function, "f").AsTextFunction()(text, TestContext.Current.CancellationToken);

    [Fact]
    public async Task One_text_becomes_the_arguments()
    {
        Assert.Equal("LOUD", await Call((string text) => text.ToUpperInvariant(), "loud"));
        Assert.Equal("{\"a\":1}", await Call((string text) => text, "{\"a\":1}"));
        Assert.Equal("9", await Call((int number) => number * number, "3"));
        Assert.Equal("5", await Call((int a, int b) => a + b, """{"a": 2, "b": 3}"""));
        Assert.Equal("now", await Call(() => "now", "ignored"));
        Assert.Null(await Call((string text) => (string?)null, "a"));
    }

    [Theory]
    [InlineData("2, 3")]
    [InlineData("[2, 3]")]
    public async Task A_text_that_is_no_arguments_is_named(string text)
    {
        var e = await Assert.ThrowsAsync<FormatException>(() => Call((int a, int b) => a + b, text));
        Assert.Contains("'f'", e.Message, StringComparison.Ordinal);
    }
}
