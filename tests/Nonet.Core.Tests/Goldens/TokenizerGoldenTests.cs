using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Tests.Text;
using Nonet.Text;
using Nonet.Text.Jinja;

namespace Nonet.Tests.Goldens;

/// <summary>Small tokenizers of every kind, with what tokenizers and sentencepiece make of some strings, and templates as transformers renders them.</summary>
public sealed class TokenizerGoldenTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Pipelines => Golden.Names("tokenizers");

    public static TheoryData<string> Pieces => Golden.Names("pieces");

    [Theory, MemberData(nameof(Pipelines))]
    public void A_tokenizer_json_does_what_it_does_there(string name)
    {
        folder.Add("tokenizer.json", Golden.Unpacked($"tokenizers/{name}/tokenizer.json.gz"));
        var expected = Golden.Json($"tokenizers/{name}/golden.json.gz");
        var failures = PipelineParity.Failures((PipelineTokenizer)Tokenizer.Load(folder.Path), Strings(expected), expected, 2..6, streams: name != "clip");
        Assert.True(failures.Count == 0, $"{failures.Count} differ: {string.Join('\n', failures.Take(9))}");
    }

    [Theory, MemberData(nameof(Pieces))]
    public void A_SentencePiece_model_does_what_it_does_there(string name)
    {
        var expected = Golden.Json($"pieces/{name}/golden.json.gz");
        var failures = SentencePieceParity.Failures(Tokenizer.Load(Golden.Path($"pieces/{name}/tokenizer.model")), Strings(expected), expected, name);
        Assert.True(failures.Count == 0, $"{failures.Count} differ: {string.Join('\n', failures.Take(9))}");
    }

    /// <summary>The vocabularies of two of them, in the files that GPT-2 and BERT came in.</summary>
    [Theory, InlineData("bpe"), InlineData("bert")]
    public void The_older_files_give_the_same(string name)
    {
        var (json, expected) = (Golden.Json($"tokenizers/{name}/tokenizer.json.gz"), Golden.Json($"tokenizers/{name}/golden.json.gz"));
        var vocabulary = json["model"]!["vocab"]!.AsObject();
        if (name == "bert")
            folder.Add("vocab.txt", string.Concat(vocabulary.OrderBy(v => v.Value!.GetValue<int>()).Select(v => v.Key + "\n")));
        else
        {
            folder.Add("vocab.json", vocabulary.ToJsonString());
            folder.Add("merges.txt", string.Concat(json["model"]!["merges"]!.AsArray().Select(m => $"{m![0]} {m[1]}\n").Prepend("#version: 0.2\n")));
        }
        var tokenizer = Tokenizer.Load(folder.Path);
        Assert.All(Strings(expected).Zip(expected["ids"]!.AsArray()), pair => Assert.Equal(PipelineParity.Ints(pair.Second!), tokenizer.Encode(pair.First)));
    }

    [Fact]
    public void Templates_are_rendered_as_in_transformers()
    {
        var cases = Golden.Json("templates.json");
        var rendered = cases["rendered"]!.AsArray().GetEnumerator();
        using var conversations = JsonDocument.Parse(cases["conversations"]!.ToJsonString());
        foreach (var template in cases["templates"]!.AsArray())
        {
            foreach (var variables in conversations.RootElement.EnumerateArray())
            {
                Assert.True(rendered.MoveNext());
                Assert.Equal((string?)rendered.Current, Rendered((string)template!, variables));
            }
        }
        Assert.False(rendered.MoveNext());
    }

    /// <summary>Null where the template refuses.</summary>
    static string? Rendered(string template, JsonElement variables)
    {
        try
        {
            return JinjaTemplate.Parse(template).Render(variables);
        }
        catch (JinjaException)
        {
            return null;
        }
    }

    static string[] Strings(JsonNode expected) => [.. expected["strings"]!.AsArray().Select(s => (string)s!)];
}
