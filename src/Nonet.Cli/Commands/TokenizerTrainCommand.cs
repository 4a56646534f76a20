using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Nonet.Data;
using Nonet.Text;

namespace Nonet.Cli.Commands;

/// <summary>Trains a tokenizer on a user's own text.</summary>
sealed class TokenizerTrainCommand : Command
{
    const string FileName = "tokenizer.json";

    readonly Terminal terminal;
    readonly Argument<string[]> paths = new("PATH") { Description = "Texts to learn from: files or folders of .txt, .jsonl and .parquet, plain or .gz.", Arity = ArgumentArity.OneOrMore };
    readonly Option<int?> vocab = Flags.Whole("--vocab", "Number of ids: special tokens, 256 bytes and merges.", 257, otherwise: 8192);
    readonly Option<string> output = new("--out") { Description = "Folder to write tokenizer.json and tokenizer_config.json into.", HelpName = "DIR", Required = true };
    readonly Option<string> pattern = new("--pattern") { Description = "How text is cut into words: as GPT-2 does, or as cl100k and LLaMA 3 (numbers in threes).", HelpName = "gpt2|cl100k", DefaultValueFactory = _ => "gpt2" };
    readonly Option<string[]> special = new("--special") { Description = "A special token; can be given again. The first ends documents; <|endoftext|> by default.", HelpName = "TEXT" };
    readonly Option<int?> minFrequency = Flags.Whole("--min-frequency", "Occurrences that a pair needs to be merged.", 1, otherwise: 2);
    readonly Option<string> field = new("--field") { Description = "The text in JSONL objects, or the column of a Parquet file.", HelpName = "NAME", DefaultValueFactory = _ => "text" };
    readonly Option<bool> json = Flags.MakeJson();

    public TokenizerTrainCommand(Terminal terminal) : base("train", "Train a byte-level BPE, as Hugging Face's tokenizers does, and save it for transformers and for Nonet.")
    {
        this.terminal = terminal;
        pattern.AcceptOnlyFromAmong("gpt2", "cl100k");
        Add(paths);
        foreach (var option in new Option[] { vocab, output, pattern, special, minFrequency, field, json })
            Add(option);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), CancellationToken.None));
    }

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        var folder = parsed.GetRequiredValue(output);
        if (File.Exists(folder) || File.Exists(Path.Combine(folder, FileName)))
            throw new IOException($"{Path.Combine(folder, FileName)} exists already; name another folder with --out, or delete it");
        var options = new BpeTrainerOptions
        {
            Vocab = parsed.GetValue(vocab)!.Value,
            Pattern = parsed.GetValue(pattern) == "cl100k" ? SplitPattern.Cl100k : SplitPattern.Gpt2,
            Special = parsed.GetValue(special) is { Length: > 0 } tokens ? tokens : new BpeTrainerOptions().Special,
            MinFrequency = parsed.GetValue(minFrequency)!.Value,
        };
        var (start, bytes) = (Stopwatch.GetTimestamp(), 0L);
        var texts = parsed.GetRequiredValue(paths).SelectMany(path => Corpus.Read(new DataSource { Path = path, Field = parsed.GetRequiredValue(field) })).Select(document =>
        {
            bytes += document.Bytes;
            return document.Text;
        });
        var tokenizer = BpeTrainer.Train(texts, options, parsed.GetValue<int?>(Flags.Threads), new Progress(terminal.Error, options.Vocab), stopping);
        tokenizer.Save(folder);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteString("folder", Path.GetFullPath(folder));
                fields.WriteNumber("vocab", tokenizer.Vocab);
                fields.WriteNumber("bytes", bytes);
                fields.WriteNumber("seconds", Math.Round(seconds, 3));
            });
        }
        else
        {
            terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Path.Combine(folder, FileName)}: {tokenizer.Vocab:N0} ids from {bytes:N0} bytes in {seconds:0.0} s"));
            if (tokenizer.Vocab < options.Vocab)
                terminal.Out.WriteLine($"fewer than the {options.Vocab.ToString("N0", CultureInfo.InvariantCulture)} asked for: no other pair occurs {options.MinFrequency} times; more text, or a lower --min-frequency, gives more");
        }
        return ExitCode.Done;
    }

    /// <summary>A line now and then.</summary>
    sealed class Progress(TextWriter output, int vocab) : IProgress<TokenizerTrainingProgress>
    {
        static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
        readonly long start = Stopwatch.GetTimestamp();
        long last = Stopwatch.GetTimestamp();

        public void Report(TokenizerTrainingProgress value)
        {
            lock (output)
            {
                if (Stopwatch.GetElapsedTime(last) < Pause)
                    return;
                last = Stopwatch.GetTimestamp();
                var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                output.WriteLine(value.Tokens == 0
                    ? string.Create(CultureInfo.InvariantCulture, $"reading: {value.Characters / 1e6:0.0} M characters, {value.Characters / 1e6 / seconds:0.0} M a second")
                    : string.Create(CultureInfo.InvariantCulture, $"merging: {value.Tokens:N0} of {vocab:N0} ids, {value.Words:N0} different words"));
            }
        }
    }
}
