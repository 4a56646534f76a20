using System.CommandLine;
using System.Globalization;
using Nonet.Inference.Encoders;

namespace Nonet.Cli.Commands;

/// <summary>Tags the words of texts.</summary>
sealed class TagCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Option<string?> adapter = Flags.MakeAdapter();
    readonly Argument<string> text = new("TEXT") { Description = InputLines.Description, DefaultValueFactory = _ => "-" };
    readonly Option<bool> entities =
        new("--entities") { Description = "Print the entities instead of the words, one line per text: score, label, position and words of each." };
    readonly Option<bool> json = new(Flags.Json) { Description = "Write one JSON object per text, with its words and entities." };

    public TagCommand(Terminal terminal)
        : base("tag", "Tag each word of a text: names of people and places, parts of speech, or whatever else the model was trained to tag.")
    {
        this.terminal = terminal;
        Add(model);
        Add(adapter);
        Add(text);
        Add(entities);
        Add(json);
        SetAction(Run);
    }

    async Task<int> Run(ParseResult parsed, CancellationToken stopping)
    {
        using var device = Flags.Device(parsed);
        using var open = terminal.Open(parsed.GetRequiredValue(model), device, parsed.GetValue(adapter));
        var tagger = new EntityTagger(open.Task, open.LoadTokenizer());
        var (texts, cutTexts, cutTokens) = (0, 0, 0L);
        await foreach (var source in InputLines.Of(parsed.GetRequiredValue(text), terminal, stopping))
        {
            var (words, cut) = await Task.Run(() => tagger.Words(source), stopping);
            (cutTexts, cutTokens) = (cutTexts + (cut > 0 ? 1 : 0), cutTokens + cut);
            if (parsed.GetValue(json))
                Write(source, words);
            else if (parsed.GetValue(entities))
                EntityText.Show(terminal.Out, EntityTagger.Entities(source, words), asJson: false);
            else
                Show(words, isFirst: texts == 0);
            texts++;
        }
        InputLines.ReportCut(terminal, cutTexts, cutTokens, open.Model.Context);
        return ExitCode.Done;
    }

    /// <summary>Writes one line per word: the word, its tag and the tag's probability. An empty line separates texts.</summary>
    void Show(IReadOnlyList<TaggedWord> words, bool isFirst)
    {
        if (!isFirst)
            terminal.Out.WriteLine();
        foreach (var word in words)
            terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{word.Text}\t{word.Label}\t{word.Score:0.0000}"));
    }

    void Write(string source, IReadOnlyList<TaggedWord> words) => JsonLine.Write(terminal.Out, fields =>
    {
        fields.WriteStartArray("words");
        foreach (var word in words)
        {
            fields.WriteStartObject();
            fields.WriteString("word", word.Text);
            fields.WriteString("tag", word.Label);
            fields.WriteNumber("score", word.Score);
            fields.WriteNumber("start", word.Start);
            fields.WriteNumber("end", word.End);
            fields.WriteEndObject();
        }
        fields.WriteEndArray();
        EntityText.Write(fields, EntityTagger.Entities(source, words));
    });
}
