using Nonet.Data;
using Nonet.Data.Tasks;
using Nonet.Fuzz.Making;
using Nonet.Scaling.Plans;
using Nonet.Scaling.Runs;
using Parquet;

namespace Nonet.Fuzz.Readers;

/// <summary>Texts in Parquet of every compression.</summary>
sealed class ParquetFile : Reader
{
    static readonly Lazy<byte[][]> seeds =
        new(() => [.. ((CompressionMethod[])[CompressionMethod.None, CompressionMethod.Snappy, CompressionMethod.Gzip, CompressionMethod.Zstd,
        CompressionMethod.Brotli, CompressionMethod.Lz4Raw]).Select(ParquetParts.Texts)]);

    public override string Name => "Parquet";

    public override int Share => 8;

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var seed = seeds.Value[dice.Below(seeds.Value.Length)];
        Write(folder, "x.parquet", sound ? seed : ParquetParts.Damaged(seed, dice));
        return () => JsonLines.Documents(new DataSource { Path = Path.Combine(folder, "x.parquet") });
    }
}

/// <summary>Examples of tasks: labels, tags, choices, passages, pairs; TSV, CSV, JSON, CoNLL.</summary>
sealed class TaskTables : Reader
{
    const string Tsv = "sentence\tlabel\tsource\ttarget\na fine day\t1\tone\teins\nrain, \"again\"\t0\ttwo\tzwei\nsun\t1\tthree\tdrei\n";
    const string Csv = "sentence,label,prompt,a,b\n\"a fine, day\",1,\"He said \"\"no\"\"\",left,right\nrain,0,She,up,down\n";
    const string Jsonl = """
        {"sentence": "a fine day", "label": 1, "tokens": ["a", "fine", "day"], "tags": ["O", "B-X", "I-X"], "prompt": "He", "choices": ["left", "right"], "source": "one", "target": "eins", "id": "q1", "context": "It is é 😀 here.", "question": "Where?", "answers": {"text": ["here"], "answer_start": [10]}}
        {"sentence": "rain", "label": 0, "tokens": ["rain"], "tags": ["O"], "prompt": "She", "choices": ["up", "down"], "source": "two", "target": "zwei", "id": "q2", "context": "Nothing.", "question": "What?", "answers": {"text": [], "answer_start": []}}
        """;
    const string Squad = """{"version": "2.0", "data": [{"title": "x", "paragraphs": [{"context": "It is é 😀 here.", "qas": [{"id": "1", "question": "Where?", "answers": [{"text": "here", "answer_start": 10}], "is_impossible": false}, {"id": "2", "question": "Who?", "answers": [], "is_impossible": true}]}]}]}""";
    const string Conll = "-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\nPeter NNP B-NP B-PER\n";

    public override string Name => "task tables";

    public override int Share => 6;

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var kind = dice.Below(9);
        var (name, seed) = kind switch
        {
            0 or 1 => ("x.tsv", Tsv),
            2 or 3 => ("x.csv", Csv),
            4 => ("x.json", Squad),
            5 => ("x.conll", Conll),
            _ =>
            ("x.jsonl", Jsonl)
        };
        Write(folder, name,
            sound ? SoundModels.Utf8(seed) : kind == 4 ? JsonPart.Parse(seed).Damaged(dice) : kind > 5 ? RunFolders.Lines(seed, dice)
            : TextDamage.Of(seed, dice));
        var path = Path.Combine(folder, name);
        return kind switch
        {
            0 or 2 => () => LabelledTexts.Read(new LabelledTextOptions { Path = path, Numbers = dice.OneIn(3) }),
            1 => () => ParallelText.Read(new ParallelTextOptions { Path = path, SourceField = "source", TargetField = "target" }),
            3 => () => Choices.Read(new ChoiceOptions { Path = path, ChoiceFields = ["a", "b"] }),
            4 => () => Passages.Read(new PassageOptions { Path = path }),
            5 => () => TaggedSentences.Read(new TaggedSentenceOptions { Path = path }),
            _ => () =>
            {
                LabelledTexts.Read(new LabelledTextOptions { Path = path });
                TaggedSentences.Read(new TaggedSentenceOptions { Path = path });
                Choices.Read(new ChoiceOptions { Path = path });
                ParallelText.Read(new ParallelTextOptions { Path = path });
                Passages.Read(new PassageOptions { Path = path, SkipMismatched = dice.OneIn(2) });
            }
            ,
        };
    }
}

/// <summary>Tables of runs (CSV, JSON Lines, Parquet) and the files of fits.</summary>
sealed class ScalingTables : Reader
{
    const string Csv = "name,loss,tokens,n_params,seed\n\"small, one\",3.5,1e9,1000000,1\nlarge,3.1,2e9,4000000,1\n";
    const string Jsonl = """{"loss":3.5,"d":1e9,"n":1000000,"name":"small","seed":1}""" + "\n" + """{"n":4e6,"loss":3.1,"name":"large","d":2e9,"seed":1}"""
        + "\n";
    const string Fit = """{"law":"chinchilla","order":["A","B","E","alpha","beta"],"A":400,"B":2000,"E":1.7,"alpha":0.3,"beta":0.4,"replicates":[[400,2000,1.7,0.3,0.4],[410,2100,1.7,0.31,0.41]],"intervals":{"A":[390,420]}}""";

    static readonly Lazy<byte[]> parquet = new(ParquetParts.Runs);

    public override string Name => "scaling tables";

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var (name, content) = dice.Below(4) switch
        {
            0 => ("runs.csv", sound ? SoundModels.Utf8(Csv) : TextDamage.Of(Csv, dice)),
            1 => ("runs.jsonl", sound ? SoundModels.Utf8(Jsonl) : RunFolders.Lines(Jsonl, dice)),
            2 => ("runs.parquet", sound ? parquet.Value : ParquetParts.Damaged(parquet.Value, dice)),
            _ => ("fit.json", sound ? SoundModels.Utf8(Fit) : JsonPart.Parse(Fit).Damaged(dice)),
        };
        Write(folder, name, content);
        var path = Path.Combine(folder, name);
        return name == "fit.json" ? () => PlanLaw.Read(path) : () => RunTable.Read(path);
    }
}
