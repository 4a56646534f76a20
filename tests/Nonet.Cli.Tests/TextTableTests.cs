namespace Nonet.Cli.Tests;

/// <summary>Tables on screens of all widths.</summary>
public class TextTableTests
{
    static string[] Lines(int? width)
    {
        var table = new TextTable("name", "model", "loss");
        table.Add("a-run-with-a-long-name", "llama, 4 layers, 160 wide, 5 heads of 32, context 256", "1.234");
        table.Add("b\e[2J", "gpt2", "2.345");
        using var output = new StringWriter { NewLine = "\n" };
        table.Write(output, width, (1, 12), (0, 8));
        return output.ToString().TrimEnd('\n').Split('\n');
    }

    [Fact]
    public void Without_a_screen_nothing_is_cut() =>
        Assert.Equal("a-run-with-a-long-name  llama, 4 layers, 160 wide, 5 heads of 32, context 256  1.234", Lines(null)[1]);

    [Theory]
    [InlineData(110, "a-run-with-a-long-name  llama, 4 layers, 160 wide, 5 heads of 32, context 256  1.234")]
    [InlineData(80, "a-run-with-a-long-name  llama, 4 layers, 160 wide, 5 heads of 32, contex…  1.234")]
    [InlineData(40, "a-run-with-a-long-…  llama, 4 la…  1.234")]
    public void A_row_fits_the_screen(int width, string row)
    {
        Assert.Equal(row, Lines(width)[1]);
        Assert.All(Lines(width), line => Assert.True(line.Length <= width, line));
        Assert.StartsWith("b\\u001b[2J", Lines(width)[2], StringComparison.Ordinal);
    }
}
