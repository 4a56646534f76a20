using Nonet.Data.Preferences;
using Nonet.Files;

namespace Nonet.Server.Ranking.Store;

/// <summary>Exports and imports rankings as JSON Lines.</summary>
public sealed partial class RankingStore
{
    const string Anonymous = "imported";

    /// <summary>Writes submitted rankings to a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Layout and selection.</param>
    /// <param name="stopping">Cancels the work.</param>
    /// <returns>Number of written rankings or pairs, and warnings.</returns>
    /// <exception cref="ArgumentException">The labeller is unknown.</exception>
    public async Task<RankingExport> ExportAsync(string path, RankingExportOptions options, CancellationToken stopping = default)
    {
        if (options.Labeller is { } name)
        {
            var names = (await Labellers(stopping).ConfigureAwait(false)).Select(l => l.Name).ToList();
            if (!names.Contains(name))
            {
                throw new ArgumentException($"{Place}: found no labeller '{name}'; expected "
                    + $"{string.Join(", ", names.DefaultIfEmpty("none: there is no labeller yet"))}");
            }
        }
        var judgements = await Judgements(options.Labeller, stopping).ConfigureAwait(false);
        var rankings = judgements.Select(j => j.Judgement.Of(j.Task)).ToList();
        var joined = options.Merged ? Rankings.Join(rankings) : null;
        var chosen = joined?.Items ?? rankings;
        switch (options.Layout)
        {
            case RankingLayout.Rankings when joined is null:
                LabelledRanking.Write(path, judgements.Select(LineOf));
                return new RankingExport(judgements.Count, []);
            case RankingLayout.Rankings:
                Rankings.Write(path, chosen);
                return new RankingExport(chosen.Count, [.. joined.Warnings]);
            case RankingLayout.Pairs:
                Rankings.WritePairs(path, chosen);
                break;
            default:
                Rankings.WriteDialogues(path, chosen.Select(Dialogue));
                break;
        }
        return new RankingExport(chosen.Sum(r => r.Pairs.Count), [.. joined?.Warnings ?? []]);
    }

    /// <summary>
    /// Adds rankings from a file, except those that are stored already. Lines without a labeller come from unknown people: a line that contradicts an
    /// earlier one is attributed to another person.
    /// </summary>
    /// <param name="options">The file.</param>
    /// <param name="labeller">Name for lines that have none; null: imported, imported 2, and so on.</param>
    /// <param name="stopping">Cancels the work.</param>
    /// <exception cref="MalformedFileException">A line is malformed. Nothing was added.</exception>
    public Task<RankingImport> ImportAsync(RankingOptions options, string? labeller = null, CancellationToken stopping = default)
    {
        var lines = LabelledRanking.Read(options).ToList();
        return Write(async sql =>
        {
            var (added, known, nothing, contradicted) = (0, 0, 0, new List<string>());
            foreach (var line in lines)
            {
                if (!HasDistinctAnswers(line.Ranking) || line.Ranking.Pairs.Count == 0 && (line.Ranks?.Count(r => r is not null) ?? 0) < 2)
                {
                    nothing++;
                    continue;
                }
                switch (await Import(sql, options.Path, line, line.Labeller ?? labeller).ConfigureAwait(false))
                {
                    case Imported.Added:
                        added++;
                        break;
                    case Imported.Known:
                        known++;
                        break;
                    default:
                        contradicted.Add(line.Place);
                        break;
                }
            }
            return new RankingImport(added, known, nothing, contradicted);
        }, stopping);
    }

    enum Imported
    {
        Added,
        Known,
        Contradicted,
    }

    async Task<Imported> Import(Sql sql, string path, LabelledRanking line, string? labeller)
    {
        string[] answers = [.. line.Ranking.Answers];
        var given = RankingTask.Of(line.Ranking.Prompt, [.. answers.Select((a, i) => new RankedAnswer(a, line.Sources?[i]))]);
        await Insert(sql, given).ConfigureAwait(false);
        var task = (await sql.First(row => TaskOf(row.GetString(0)), "SELECT content FROM nonet_tasks WHERE id = @id", ("id", given.Id))
            .ConfigureAwait(false))!;
        var judgement = new Judgement
        {
            Ranks = line.Ranks ?? new int?[answers.Length],
            Scores = line.Scores ?? new int?[answers.Length],
            Flags = line.Flags ?? Judgement.Empty(answers.Length).Flags,
            Pairs = line.Ranks is null ? [.. line.Ranking.Pairs.Select(p => new[] { p.Better, p.Worse })] : null,
        }.WithDenseRanks().Reordered(task.NumbersOf(answers));
        if (judgement.Fault(answers.Length) is { } fault)
            throw new MalformedFileException(path, $"in {line.Place} a ranking that cannot be kept: {fault}", "a ranking as nonet rank export writes it");
        if (labeller is not null && NameFault(labeller) is { } wrong)
            throw new MalformedFileException(path, $"in {line.Place} the labeller '{labeller}'", wrong);
        for (var number = 1; ; number++)
        {
            var name = labeller ?? (number == 1 ? Anonymous : $"{Anonymous} {number}");
            var id = await IdOf(sql, name).ConfigureAwait(false);
            var stored = await sql.First(AssignmentOf, $"{AssignmentQuery} AND j.task = @task", ("labeller", id), ("task", task.Id)).ConfigureAwait(false);
            if (stored is null)
            {
                await InsertJudgement(sql, task.Id, id, JudgementState.Done, judgement).ConfigureAwait(false);
                return Imported.Added;
            }
            if (stored.State is JudgementState.Done && Json(stored.Judgement) == Json(judgement))
                return Imported.Known;
            if (labeller is not null)
                return Imported.Contradicted;
        }
    }

    /// <summary>Whether a ranking has at least two answers, and no answer twice.</summary>
    static bool HasDistinctAnswers(Data.Preferences.Ranking ranking) =>
        ranking.Answers.Count >= 2 && ranking.Answers.Distinct(StringComparer.Ordinal).Count() == ranking.Answers.Count;

    static LabelledRanking LineOf(StoredJudgement stored) => new()
    {
        Ranking = stored.Judgement.Of(stored.Task),
        Ranks = stored.Judgement.Pairs is null ? stored.Judgement.Ranks : null,
        Scores = stored.Judgement.Scores.Any(s => s is not null) ? stored.Judgement.Scores : null,
        Flags = stored.Judgement.Flags.Any(f => f.Count > 0) ? stored.Judgement.Flags : null,
        Sources = stored.Task.Answers.Any(a => a.Source is not null) ? [.. stored.Task.Answers.Select(a => a.Source)] : null,
        Labeller = stored.Labeller,
    };

    /// <summary>A ranking as dialogues of HH-RLHF. A prompt without role marks becomes a turn of the human.</summary>
    static Data.Preferences.Ranking Dialogue(Data.Preferences.Ranking ranking)
    {
        const string human = "\n\nHuman: ", assistant = "\n\nAssistant:";
        var prompt = ranking.Prompt.EndsWith(assistant, StringComparison.Ordinal) ? ranking.Prompt : human + ranking.Prompt + assistant;
        return ranking with { Prompt = prompt, Answers = [.. ranking.Answers.Select(a => a.StartsWith(' ') ? a : " " + a)] };
    }
}
