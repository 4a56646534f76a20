using Nonet.Fuzz.Readers;

namespace Nonet.Fuzz;

/// <summary>The readers, and which of them a case is for.</summary>
static class AllReaders
{
    static readonly Reader[] all =
    [
        new Safetensors(), new Gguf(), new PyTorchArchive(), new PyTorchStream(), new Llama2cCheckpoint(), new Llama2cVocabulary(),
        new SentencePieceModel(), new TiktokenRanksFile(), new TokenizerJsonFile(), new TokenizerPipeline(), new TokenizerSideFiles(), new ChatTemplates(),
        new Adapters(), new ModelFolder(), new GenerationConfig(), new RecipeFiles(), new RunFolders(), new TrainingCheckpoint(),
        new TokenShards(), new JsonLines(), new ParquetFile(), new PlainText(), new TaskTables(), new ScalingTables(), new HubAnswers(),
    ];

    static readonly int[] turns = [.. all.SelectMany((r, i) => Enumerable.Repeat(i, r.Share))];

    public static IEnumerable<string> Names => all.Select(r => r.Name);

    public static Reader Of(int number) => all[turns[number % turns.Length]];

    /// <summary>How many cases of its reader come before a case, at least.</summary>
    public static int RoundOf(int number)
    {
        var (turn, reader) = (number % turns.Length, turns[number % turns.Length]);
        return number / turns.Length * all[reader].Share + turns.AsSpan(0, turn).Count(reader);
    }
}
