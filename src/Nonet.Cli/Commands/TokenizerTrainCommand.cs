using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Nonet.Data;
using Nonet.Data.Corpora;
using Nonet.Files;
using Nonet.Text;
using Nonet.Text.Bpe;
using Nonet.Text.Unigram;
using Nonet.Text.WordPiece;

namespace Nonet.Cli.Commands;

/// <summary>Trains a tokenizer on the user's texts.</summary>
sealed class TokenizerTrainCommand : Command
{
    const string FileName = "tokenizer.json", Bpe = "bpe", WordPiece = "wordpiece", Unigram = "unigram";

    readonly Terminal terminal;
    readonly Argument<string[]> paths =
        new("PATH") { Description = "Training texts: .txt, .jsonl and .parquet files, plain or .gz, or folders of them.", Arity = ArgumentArity.OneOrMore };
    readonly Option<string> model =
        new("--model")
        {
            Description = "Byte-level BPE, WordPiece as in BERT, or Unigram as in SentencePiece.",
            HelpName = "bpe|wordpiece|unigram",
            DefaultValueFactory = _ => Bpe
        };
    readonly Option<int?> vocab = Flags.Whole("--vocab", "Number of ids, including special tokens.", 1, otherwise: 8192);
    readonly Option<string> output =
        new("--out")
        {
            Description = "Folder for tokenizer.json and tokenizer_config.json, and for vocab.txt of WordPiece.",
            HelpName = "DIR",
            Required = true
        };
    readonly Option<string[]> special = new("--special")
    {
        Description = "A special token; repeatable. bpe: the first ends documents; <|endoftext|> by default. wordpiece, unigram: in addition to their own.",
        HelpName = "TEXT",
    };
    readonly Option<string> pattern =
        new("--pattern")
        {
            Description = "bpe: how text is split into words: as in GPT-2, as in cl100k and LLaMA 3 (numbers in groups of three digits), or as in Qwen 2 "
                + "(single digits).",
            HelpName = "gpt2|cl100k|qwen2",
            DefaultValueFactory = _ => "gpt2"
        };
    readonly Option<int?> minFrequency =
        Flags.Whole("--min-frequency", "bpe, wordpiece: number of occurrences that a pair needs to be merged.", 1, otherwise: 2);
    readonly Option<bool> cased = new("--cased") { Description = "wordpiece: keep capitals and accents." };
    readonly Option<int?> limitAlphabet =
        Flags.Whole("--limit-alphabet", "wordpiece: maximum number of characters to learn; the most frequent are kept.", 1,
        otherwise: new WordPieceTrainerOptions().LimitAlphabet);
    readonly Option<double?> coverage =
        Flags.Number("--character-coverage", "unigram: fraction of the characters in the text that the vocabulary must cover; 0.9995 by default.",
        "a number above 0 and at most 1", x => x is > 0 and <= 1);
    readonly Option<bool> noByteFallback = new("--no-byte-fallback") { Description = "unigram: encode other characters as <unk> instead of as their bytes." };
    readonly Option<string> normalization = new("--normalization")
    {
        Description = "unigram: none preserves the text; nfkc applies NFKC and turns line ends and runs of blanks into one space.",
        HelpName = "none|nfkc",
        DefaultValueFactory = _ => "none",
    };
    readonly Option<string[]> userDefined =
        new("--user-defined") { Description = "unigram: a token that is matched as plain text before all other pieces; repeatable.", HelpName = "TEXT" };
    readonly Option<int?> maxPieceLength =
        Flags.Whole("--max-piece-length", "unigram: maximum number of characters in a piece.", 1, 64, otherwise: new UnigramTrainerOptions().MaxPieceLength);
    readonly Option<string> field =
        new("--field") { Description = "JSONL field or Parquet column that holds the text.", HelpName = "NAME", DefaultValueFactory = _ => "text" };
    readonly Option<string> encoding = Flags.MakeEncoding();
    readonly Option<bool> json = Flags.MakeJson();

    public TokenizerTrainCommand(Terminal terminal) : base("train", "Train a BPE, WordPiece or Unigram tokenizer, and save it in the format of transformers.")
    {
        this.terminal = terminal;
        model.AcceptOnlyFromAmong(Bpe, WordPiece, Unigram);
        pattern.AcceptOnlyFromAmong("gpt2", "cl100k", "qwen2");
        normalization.AcceptOnlyFromAmong("none", "nfkc");
        Add(paths);
        foreach (var option in new Option[] { model, vocab, output, special, pattern, minFrequency, cased, limitAlphabet, coverage, noByteFallback,
            normalization, userDefined, maxPieceLength, field, encoding, json })
            Add(option);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), CancellationToken.None));
    }

    /// <summary>Options that only some models have, each with these models.</summary>
    (Option Option, string[] Models)[] Own =>
    [
        (pattern, [Bpe]), (minFrequency, [Bpe, WordPiece]), (cased, [WordPiece]), (limitAlphabet, [WordPiece]),
        (coverage, [Unigram]), (noByteFallback, [Unigram]), (normalization, [Unigram]), (userDefined, [Unigram]), (maxPieceLength, [Unigram]),
    ];

    /// <exception cref="UsageException">An option has an invalid value, or has no effect for this model.</exception>
    TokenizerTrainerOptions Checked(ParseResult parsed)
    {
        var kind = parsed.GetRequiredValue(model);
        foreach (var (option, models) in Own)
        {
            if (parsed.GetResult(option) is { Implicit: false } && !models.Contains(kind))
                throw new UsageException($"{option.Name} has no effect for --model {kind}: it is an option of {string.Join(" and ", models)}");
        }
        var options = Chosen(parsed);
        try
        {
            options.Check();
        }
        catch (ArgumentException e) // its message begins with the name of the option
        {
            var end = e.Message.AsSpan().IndexOfAny(' ', ':');
            throw new UsageException($"--{e.Message[..end].Replace('_', '-')}{e.Message[end..]}");
        }
        return options;
    }

    TokenizerTrainerOptions Chosen(ParseResult given) => given.GetValue(model) switch
    {
        WordPiece => new WordPieceTrainerOptions
        {
            Vocab = given.GetValue(vocab)!.Value,
            Special = given.GetValue(special) ?? [],
            LowerCase = !given.GetValue(cased),
            LimitAlphabet = given.GetValue(limitAlphabet),
            MinFrequency = given.GetValue(minFrequency)!.Value,
        },
        Unigram => new UnigramTrainerOptions
        {
            Vocab = given.GetValue(vocab)!.Value,
            Special = given.GetValue(special) ?? [],
            UserDefined = given.GetValue(userDefined) ?? [],
            CharacterCoverage = given.GetValue(coverage) ?? new UnigramTrainerOptions().CharacterCoverage,
            ByteFallback = !given.GetValue(noByteFallback),
            Normalization = given.GetValue(normalization) == "nfkc" ? UnigramNormalization.Nfkc : UnigramNormalization.None,
            MaxPieceLength = given.GetValue(maxPieceLength)!.Value,
        },
        _ => new BpeTrainerOptions
        {
            Vocab = given.GetValue(vocab)!.Value,
            Pattern = Enum.Parse<SplitPattern>(given.GetValue(pattern)!, ignoreCase: true),
            Special = given.GetValue(special) is { Length: > 0 } tokens ? tokens : new BpeTrainerOptions().Special,
            MinFrequency = given.GetValue(minFrequency)!.Value,
        },
    };

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        var options = Checked(parsed);
        var folder = parsed.GetRequiredValue(output);
        if (File.Exists(folder) || File.Exists(Path.Combine(folder, FileName)))
            throw new IOException($"{Path.Combine(folder, FileName)} exists already; name another folder with --out, or delete it");
        var coded = Flags.EncodingOf(parsed.GetRequiredValue(encoding));
        var (start, bytes, withoutText) = (Stopwatch.GetTimestamp(), 0L, 0L);
        var texts = parsed.GetRequiredValue(paths)
            .SelectMany(path => Corpus.Read(new DataSource { Path = path, Field = parsed.GetRequiredValue(field), Encoding = coded }, withoutText: _ =>
            withoutText++)).Select(document =>
        {
            bytes += document.Bytes;
            return document.Text;
        });
        var tokenizer = options.Train(texts, parsed.GetValue<int?>(Flags.Threads), new Progress(terminal.Error, options), stopping);
        if (Directory.Exists(folder))
            tokenizer.Save(folder); // next to the existing files
        else
            AtomicFolder.Write(folder, tokenizer.Save);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteString("folder", Path.GetFullPath(folder));
                fields.WriteNumber("vocab", tokenizer.Vocab);
                fields.WriteNumber("bytes", bytes);
                fields.WriteNumber("rows_without_text", withoutText);
                fields.WriteNumber("seconds", Math.Round(seconds, 3));
            });
        }
        else
        {
            terminal.Out.WriteLine(
                string.Create(CultureInfo.InvariantCulture,
                $"{Path.Combine(folder, FileName)}: {tokenizer.Vocab:N0} ids from {bytes:N0} bytes in {seconds:0.0} s"));
            if (withoutText > 0)
                terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"skipped {withoutText:N0} rows without text (null or blank)"));
            if (tokenizer.Vocab < options.Vocab)
                terminal.Out.WriteLine($"fewer than the {options.Vocab.ToString("N0", CultureInfo.InvariantCulture)} requested: {WhyFewer(parsed)}");
        }
        return ExitCode.Done;
    }

    string WhyFewer(ParseResult parsed) => parsed.GetValue(model) == Unigram
        ? "no other piece occurs often enough; train on more text to get more"
        : $"no other pair occurs {parsed.GetValue(minFrequency)} times; train on more text or lower --min-frequency to get more";

    /// <summary>Writes a line of progress every two seconds.</summary>
    sealed class Progress(TextWriter output, TokenizerTrainerOptions options) : IProgress<TokenizerTrainingProgress>
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
                    ? string.Create(CultureInfo.InvariantCulture,
                        $"reading: {value.Characters / 1e6:0.0} M characters, {value.Characters / 1e6 / seconds:0.0} M per second")
                    : options is UnigramTrainerOptions
                    ? string.Create(CultureInfo.InvariantCulture,
                        $"pruning: {value.Tokens:N0} pieces for {options.Vocab:N0} ids, {value.Words:N0} different words")
                    : string.Create(CultureInfo.InvariantCulture, $"merging: {value.Tokens:N0} of {options.Vocab:N0} ids, {value.Words:N0} different words"));
            }
        }
    }
}
