using Nonet.Files;
using Nonet.ToolUse.Calls;
using Nonet.ToolUse.Indexing;
using Nonet.ToolUse.Tools;

namespace Nonet.ToolUse.Tests.Indexing;

public sealed class SearchIndexTests : IDisposable
{
    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    SearchIndex Index(IEnumerable<Passage> passages, int segmentTerms = 1000, string name = "index")
    {
        SearchIndexWriter.Write(folder[name], passages, segmentTerms, null, TestContext.Current.CancellationToken);
        return SearchIndex.Open(folder[name]);
    }

    [Fact]
    public void Scores_are_those_computed_by_hand()
    {
        // lengths 4, 2, 3; mean 3. "whale": 2 of 3 passages, idf ln(1 + 1.5 / 2.5) = ln 1.6; "ship": 1, ln(1 + 2.5 / 1.5) = ln (8/3)
        using var index = Index([new("", "a whale, a WHALE"), new("", "whale ship"), new("", "nothing of note")]);
        Assert.Equal(new IndexSize(3, 6, 9), index.Size);
        var found = index.Search("whale ship");
        Assert.Equal([1, 0], found.Select(f => f.Number));
        // passage 1: tf 1, norm 1.2 (0.25 + 0.75 · 2/3) = 0.9; passage 0: tf 2, norm 1.2 (0.25 + 0.75 · 4/3) = 1.5
        Assert.Equal((Math.Log(1.6) + Math.Log(8.0 / 3)) * 2.2 / 1.9, found[0].Score, 1e-5);
        Assert.Equal(Math.Log(1.6) * 2 * 2.2 / 3.5, found[1].Score, 1e-5);
    }

    [Fact]
    public void Segments_change_nothing_and_a_search_is_that_of_a_plain_sum()
    {
        var random = new Random(3);
        string[] words = [.. Enumerable.Range(0, 300).Select(i => $"w{i}")];
        string Text() => string.Join(' ', Enumerable.Range(0, random.Next(1, 12)).Select(_ => words[(int)(300 * Math.Pow(random.NextDouble(), 3))]));
        Passage[] passages = [.. Enumerable.Range(0, 10_000).Select(i => new Passage($"t{i % 7}", Text()))];
        using SearchIndex one = Index(passages, 10_000_000, "one"), many = Index(passages, 5_000, "many");
        foreach (var name in Directory.GetFiles(one.Folder).Select(p => Path.GetFileName(p)!))
            Assert.Equal(File.ReadAllBytes(folder["one/" + name]), File.ReadAllBytes(folder["many/" + name]));
        Assert.Equal(7, Directory.GetFiles(many.Folder).Length); // no segment is left
        foreach (var query in new[] { "w5", "w1 w250 w250", "t3 w0 w299 unknown", "W17 T5" })
        {
            var expected = Plain(passages, query.ToLowerInvariant().Split(' '));
            var found = many.Search(query, 20);
            Assert.Equal(expected.Take(20).Select(e => e.Score), found.Select(f => f.Score), (a, b) => Math.Abs(a - b) < 1e-4);
            Assert.All(found, f => Assert.Equal(passages[f.Number], f.Passage));
        }
    }

    static IEnumerable<(int Number, double Score)> Plain(Passage[] passages, string[] query)
    {
        string[][] words = [.. passages.Select(p => $"{p.Title} {p.Text}".Split(' '))];
        var mean = words.Average(w => w.Length);
        var frequency = query.Distinct().ToDictionary(q => q, q => words.Count(w => w.Contains(q)));
        return words.Select((w, i) => (i, query.Sum(q =>
        {
            double tf = w.Count(x => x == q);
            return Math.Log(1 + (passages.Length - frequency[q] + 0.5) / (frequency[q] + 0.5)) * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * w.Length / mean));
        }))).Where(s => s.Item2 > 0).OrderByDescending(s => s.Item2);
    }

    [Fact]
    public void Words_of_any_script_are_found()
    {
        using var index = Index([new("Wal", "Der Wal schwimmt; ÜBER 1.000 m"),
            new("鲸", "白鲸是小说"), new("", new string('x', 500)), new("", "😀 only signs -- !")]);
        Assert.Equal(0, index.Search("über").Single().Number);
        Assert.Equal(1, index.Search("小说").Single().Number);
        Assert.Equal(2, index.Search(new string('X', 500)).Single().Number);
        Assert.Empty(index.Search("😀 !"));
        Assert.Empty(index.Search(""));
    }

    [Fact]
    public async Task The_tool_returns_title_and_text()
    {
        using var index = Index([new("Moby-Dick", "A novel about a white whale. It is long."), new("Emma", "A novel about a match-maker.")]);
        var runner = new ToolRunner([new SearchTool(index, characters: 40), new SearchTool(index, snippets: 2, name: "Two")]);
        Assert.Equal("Moby-Dick > A novel about a white whale.",
            (await runner.RunAsync(new ToolCall("WikiSearch", "white whale"), TestContext.Current.CancellationToken)).Text);
        Assert.Equal("Emma > A novel about a match-maker.; Moby-Dick > A novel about a white whale. It is long.",
            (await runner.RunAsync(new ToolCall("Two", "novel maker"), TestContext.Current.CancellationToken)).Text);
        Assert.Equal(ToolOutcome.Nothing, (await runner.RunAsync(new ToolCall("WikiSearch", "zebra"), TestContext.Current.CancellationToken)).Outcome);
    }

    [Fact]
    public async Task Questions_are_answered_from_passages()
    {
        using var index = Index([new("Moby-Dick", "Written by Herman Melville."), new("Emma", "Written by Jane Austen.")]);
        var asked = "";
        var tool = new QuestionTool((prompt, _) => { asked = prompt; return Task.FromResult(" Melville\nQuestion: next"); }, index, passages: 1);
        Assert.Equal("Melville", await tool.RunAsync("Who wrote Moby-Dick?", TestContext.Current.CancellationToken));
        Assert.Equal("Moby-Dick > Written by Herman Melville.\n\nQuestion: Who wrote Moby-Dick?\nAnswer:", asked);
        Assert.Null(await tool.RunAsync(" ", TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_missing_or_damaged_index_is_named()
    {
        Assert.Contains("index.json", Assert.Throws<FileNotFoundException>(() => SearchIndex.Open(folder["none"])).Message, StringComparison.Ordinal);
        Index([.. Enumerable.Range(0, 500).Select(i => new Passage("title", $"word{i % 50} and more"))]).Dispose();
        Assert.Throws<IOException>(() => SearchIndexWriter.Write(folder["index"], [], cancellationToken: Stopping));
        foreach (var file in Directory.GetFiles(folder["index"]))
        {
            var content = File.ReadAllBytes(file);
            File.WriteAllBytes(file, content[..^1]); // cut
            var damaged = Assert.Throws<MalformedFileException>(() => SearchIndex.Open(folder["index"]));
            Assert.Contains(Path.GetFileName(file), damaged.Message, StringComparison.Ordinal);
            File.Delete(file);
            var missing = Assert.Throws<FileNotFoundException>(() => SearchIndex.Open(folder["index"]));
            Assert.Contains(Path.GetFileName(file), missing.Message, StringComparison.Ordinal);
            File.WriteAllBytes(file, content);
        }
        File.WriteAllText(folder["index/index.json"], """{"format":"other","version":1}""");
        Assert.Contains("'other'", Assert.Throws<MalformedFileException>(() => SearchIndex.Open(folder["index"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Changed_bytes_give_a_message_or_other_passages_and_nothing_worse()
    {
        Index([.. Enumerable.Range(0, 200).Select(i => new Passage("title", $"word{i % 20} and more and more"))]).Dispose();
        var random = new Random(4);
        foreach (var file in Directory.GetFiles(folder["index"]))
        {
            var content = File.ReadAllBytes(file);
            for (var i = 0; i < 200; i++)
            {
                var changed = content.ToArray();
                for (var j = 0; j < 4; j++)
                    changed[random.Next(changed.Length)] = (byte)random.Next(256);
                File.WriteAllBytes(file, changed);
                try
                {
                    using var index = SearchIndex.Open(folder["index"]);
                    index.Search("word3 more title", 10);
                }
                catch (MalformedFileException e)
                {
                    Assert.Contains(folder["index"], e.Message, StringComparison.Ordinal);
                }
            }
            File.WriteAllBytes(file, content);
        }
    }

    [Fact]
    public void Nothing_is_left_of_an_index_that_fails()
    {
        Assert.Throws<InvalidDataException>(() => SearchIndexWriter.Write(folder["none"], [new("", "--")], cancellationToken: Stopping));
        Assert.Throws<InvalidOperationException>(() => SearchIndexWriter.Write(folder["none"], Failing(), cancellationToken: Stopping));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));

        static IEnumerable<Passage> Failing()
        {
            yield return new("", "one");
            throw new InvalidOperationException("no more");
        }
    }

    [Fact]
    public void Text_jsonl_and_dumps_give_passages()
    {
        folder.Add("Whales.txt", "One two three.\n\nFour five\nsix seven. Eight.\n");
        Assert.Equal([new("Whales", "One two three."), new("Whales", "Four five six seven."), new("Whales", "Eight.")],
            new PassageSource { Path = folder["Whales.txt"], Words = 4 }.Read());
        folder.Add("a.jsonl", """
            {"title": "A", "text": "One.\n\nTwo."}
            {"text": "Three."}
            """);
        Assert.Equal([new("A", "One."), new("A", "Two."), new("", "Three.")], new PassageSource { Path = folder["a.jsonl"] }.Read());
        folder.Add("bad.jsonl", "{\"text\": 1}");
        Assert.Contains("line 1", Assert.Throws<MalformedFileException>(() => new PassageSource { Path = folder["bad.jsonl"] }.Read().ToList()).Message,
            StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => new PassageSource { Path = "x.xml.bz2" }.Read());
        Assert.Throws<FileNotFoundException>(() => new PassageSource { Path = folder["none.xml"] }.Read().ToList());
    }

    [Fact]
    public void A_dump_gives_the_prose_of_its_articles()
    {
        folder.Add("wiki.xml", """
            <mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/"><siteinfo><sitename>W</sitename></siteinfo>
            <page><title>Whale</title><ns>0</ns><revision><text bytes="9">{{Infobox|a={{b|}}|c}}
            A '''whale''' is a [[marine mammal|mammal]]&lt;ref name="x"&gt;Not [[this]].&lt;/ref&gt; of the [[sea]].&lt;ref name="x"/&gt;
            [[File:W.jpg|thumb|a [[whale]]]]&lt;!-- no --&gt;

            == Size ==
            {| class="t"
            | cell {{x|}}
            |}
            * Up to 30&amp;nbsp;m, [https://example.org they say]. [[Mission: Impossible]]
            [[Category:Whales]]__NOTOC__ &lt;b&gt;5 &lt; 6&lt;/b&gt; {{open [[never]] </text></revision></page>
            <page><title>Talk:Whale</title><ns>1</ns><revision><text>talk</text></revision></page>
            <page><title>Wale</title><ns>0</ns><redirect title="Whale"/><revision><text>#REDIRECT [[Whale]]</text></revision></page>
            </mediawiki>
            """);
        Assert.Equal([new("Whale", "A whale is a mammal of the sea."), new("Whale", "Up to 30 m, they say. Mission: Impossible 5 < 6 open never")],
            new PassageSource { Path = folder["wiki.xml"] }.Read());
        folder.Add("cut.xml", "<mediawiki><page><title>a</ti");
        Assert.Contains("cut.xml", Assert.Throws<MalformedFileException>(() => new PassageSource { Path = folder["cut.xml"] }.Read().ToList()).Message,
            StringComparison.Ordinal);
        folder.Add("other.xml", "<html/>");
        Assert.Contains("<html>", Assert.Throws<MalformedFileException>(() => new PassageSource { Path = folder["other.xml"] }.Read().ToList()).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{")]
    [InlineData("{{\n\n")]
    [InlineData("[[")]
    [InlineData("<ref>")]
    [InlineData("{|")]
    [InlineData("<!--")]
    [InlineData("''")]
    [InlineData("[http://")]
    public void Wikitext_of_a_megabyte_of_marks_ends(string mark) =>
        Assert.NotNull(WikiText.Plain(string.Concat(Enumerable.Repeat(mark, 1_000_000 / mark.Length))));
}
