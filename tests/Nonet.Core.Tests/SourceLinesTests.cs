namespace Nonet.Tests;

/// <summary>Lines of the sources end by column 160. Lines of raw strings (templates, embedded JSON and HTML) are as long as their text.</summary>
public sealed class SourceLinesTests
{
    const int Limit = 160;
    const string RawString = "\"\"\"";

    [Fact]
    public void No_line_of_the_sources_is_longer_than_160_characters()
    {
        var folders = new[] { "src", "tests", "bench", "samples" }.Select(name => Path.Combine(Repository.Folder, name));
        var separator = Path.DirectorySeparatorChar;
        var files = folders.SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains($"{separator}obj{separator}", StringComparison.Ordinal));

        Assert.Empty(files.SelectMany(TooLong));
    }

    [Fact]
    public void Lines_of_raw_strings_do_not_count()
    {
        using var folder = new TemporaryFolder();
        var text = new string('x', Limit);
        var file = folder["a.cs"];
        File.WriteAllLines(file, ["var a = $" + RawString, text + text, "    " + RawString + ";", text, text + "y"]);

        Assert.Equal([$"{file}:5"], TooLong(file));
    }

    static IEnumerable<string> TooLong(string file)
    {
        var (number, isRaw) = (0, false);
        foreach (var line in File.ReadLines(file))
        {
            number++;
            var marks = line.Split(RawString).Length - 1;
            if (line.Length > Limit && !isRaw && marks == 0)
                yield return $"{file}:{number}";
            isRaw ^= marks % 2 == 1;
        }
    }
}
