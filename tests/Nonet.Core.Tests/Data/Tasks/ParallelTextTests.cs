using System.IO.Compression;
using System.Text;
using Nonet.Data.Tasks;
using Nonet.Files;

namespace Nonet.Tests.Data.Tasks;

public sealed class ParallelTextTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static string Refused(ParallelTextOptions options) => Assert.Throws<MalformedFileException>(() => ParallelText.Read(options)).Message;

    [Fact]
    public void Two_files_are_read_line_by_line()
    {
        var source = folder.Add("a.en", "\uFEFFone\r\n two \n\nfour\u2028still four\nfive\rstill five\n");
        var target = folder.Add("a.de", "eins\nzwei\ndrei\nvier\nfünf");
        var text = ParallelText.Read(new ParallelTextOptions { Source = source, Target = target });
        Assert.Equal([("one", "eins"), ("two", "zwei"), ("four\u2028still four", "vier"), ("five\rstill five", "fünf")], text.Pairs);
        Assert.Equal(1, text.Dropped);
    }

    [Fact]
    public void Gzip_is_unpacked()
    {
        using (var gzip = new GZipStream(File.Create(folder["a.en.gz"]), CompressionLevel.Fastest))
            gzip.Write("one\ntwo\n"u8);
        var target = folder.Add("a.de", "eins\nzwei\n");
        Assert.Equal([("one", "eins"), ("two", "zwei")], ParallelText.Read(new ParallelTextOptions { Source = folder["a.en.gz"], Target = target }).Pairs);
        var whole = File.ReadAllBytes(folder["a.en.gz"]);
        var cut = folder.Add("cut.en.gz", whole[..^6]);
        Assert.Contains("truncated", Refused(new ParallelTextOptions { Source = cut, Target = target }), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_of_unequal_length_are_refused_with_both_counts()
    {
        var longer = folder.Add("a.en", "1\n2\n3\n4\n");
        var shorter = folder.Add("a.de", "1\n2\n");
        Assert.Contains($"a.de: found 2 lines, and 4 in {longer}", Refused(new ParallelTextOptions { Source = longer, Target = shorter }),
            StringComparison.Ordinal);
        Assert.Contains($"a.de: found 2 lines, and 4 in {longer}", Refused(new ParallelTextOptions { Source = shorter, Target = longer }),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_tsv_is_read_by_number_or_name()
    {
        var path = folder.Add("pairs.tsv", "id\ten\tde\n1\t\"one\tein \"Wort\"\n\n2\t\tzwei\n3\tthree\tdrei\textra\n");
        var text = ParallelText.Read(new ParallelTextOptions { Path = path, SourceField = "de", TargetField = "en" });
        Assert.Equal([("ein \"Wort\"", "\"one"), ("drei", "three")], text.Pairs);
        Assert.Equal(2, text.Dropped);
        Assert.Equal(text.Pairs, ParallelText.Read(new ParallelTextOptions { Path = path, SourceField = "3", TargetField = "2", Header = true }).Pairs);
        Assert.Equal(("id", "en"), ParallelText.Read(new ParallelTextOptions { Path = path }).Pairs[0]);
        Assert.Contains("columns id, en, de; expected one named fr", Refused(new ParallelTextOptions { Path = path, SourceField = "fr" }),
            StringComparison.Ordinal);
        var narrow = folder.Add("narrow.tsv", "a\tb\nc\n");
        Assert.Contains("1 column on line 2", Refused(new ParallelTextOptions { Path = narrow }), StringComparison.Ordinal);
    }

    [Fact]
    public void Json_is_read_by_path()
    {
        var path = folder.Add("pairs.jsonl", """
            {"translation": {"de": "eins", "en": "one"}}

            {"translation": {"de": "zwei", "en": "two"}, "translation.en": "literal"}
            """);
        var options = new ParallelTextOptions { Path = path, SourceField = "translation.en", TargetField = "translation.de" };
        Assert.Equal([("one", "eins"), ("literal", "zwei")], ParallelText.Read(options).Pairs);
        Assert.Contains("no field 'translation.fr' in line 1", Refused(options with { SourceField = "translation.fr" }), StringComparison.Ordinal);
        Assert.Contains("'translation' in line 1: an object; expected a string", Refused(options with { SourceField = "translation" }),
            StringComparison.Ordinal);
        var array = folder.Add("pairs.json", """[{"source": "a", "target": "b"}, 3]""");
        Assert.Contains("found 3 as record 2; expected a JSON object", Refused(new ParallelTextOptions { Path = array }), StringComparison.Ordinal);
        var half = folder.Add("half.jsonl", """{"source": "\ud800", "target": "b"}""");
        var name = folder.Add("name.jsonl", """{"\ud800": "a", "target": "b"}""");
        Assert.Contains("no field 'source' in line 1; there are one that is not text, target", Refused(new ParallelTextOptions { Path = name }),
            StringComparison.Ordinal);
        Assert.Contains("an escape that is no character", Refused(new ParallelTextOptions { Path = half }), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_parallel_text_is_named()
    {
        var blank = folder.Add("blank.en", "\n\n");
        Assert.Contains("2 pairs with an empty side", Refused(new ParallelTextOptions { Source = blank, Target = blank }), StringComparison.Ordinal);
        Assert.Contains("an empty file", Refused(new ParallelTextOptions { Path = folder.Add("empty.tsv", "") }), StringComparison.Ordinal);
        Assert.Contains("line 2 that are not UTF-8",
            Refused(new ParallelTextOptions { Path = folder.Add("latin.tsv", Encoding.Latin1.GetBytes("a\tb\nc\t\u00fc\n")) }), StringComparison.Ordinal);
        Assert.Contains("broken JSON in line 1", Refused(new ParallelTextOptions { Path = folder.Add("broken.jsonl", "{\"source\": ") }),
            StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => ParallelText.Read(new ParallelTextOptions { Path = folder["none.tsv"] }));
        Assert.Throws<ArgumentException>(() => ParallelText.Read(new ParallelTextOptions { Source = blank }));
        Assert.Throws<ArgumentException>(() => ParallelText.Read(new ParallelTextOptions { Source = blank, Target = blank, Path = blank }));
    }

    [Fact]
    public void Published_corpora_are_read_whole()
    {
        string File(string name) => SharedFolder.Find($"data/translation/multi30k/{name}.gz");
        var train = ParallelText.Read(new ParallelTextOptions { Source = File("train.en"), Target = File("train.de") });
        Assert.Equal((29_000, 0), (train.Pairs.Count, train.Dropped));
        Assert.Equal("Two young, White males are outside near many bushes.", train.Pairs[0].Source);
        Assert.Equal(1014, ParallelText.Read(new ParallelTextOptions { Source = File("val.en"), Target = File("val.de") }).Pairs.Count);
        var tatoeba = ParallelText.Read(new ParallelTextOptions { Path = SharedFolder.Find("data/translation/tatoeba_deu_slice.txt"), Header = true });
        Assert.Equal((50_001, ("Go.", "Geh.")), (tatoeba.Pairs.Count, tatoeba.Pairs[0]));
    }
}
