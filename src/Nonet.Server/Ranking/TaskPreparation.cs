using System.Collections.Concurrent;
using System.Globalization;
using Nonet.Alignment;
using Nonet.Server.Ranking.Store;

namespace Nonet.Server.Ranking;

/// <summary>Adds the tasks of the prompts to the store, with answers written by models, while labellers work on the tasks that are already stored.</summary>
sealed class TaskPreparation(RankingStore store, RankingServerOptions options)
{
    /// <summary>Number of rounds of further samples that replace duplicate answers.</summary>
    const int Rounds = 3;

    static readonly TimeSpan pause = TimeSpan.FromSeconds(2);

    readonly ConcurrentDictionary<string, double[]> rewards = new(StringComparer.Ordinal);
    int prepared;

    /// <summary>Reward of each answer by task.</summary>
    public IReadOnlyDictionary<string, double[]> Rewards => rewards;

    /// <summary>Whether all prompts have their tasks.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Why the preparation ended early; null if it did not.</summary>
    public string? Problem { get; private set; }

    /// <summary>Progress of the preparation; null when it is complete.</summary>
    public string? Progress => IsComplete ? null
        : string.Create(CultureInfo.InvariantCulture, $"{prepared:N0} of {options.Prompts.Count:N0} prompts have their answers");

    /// <summary>Adds all tasks, then computes the rewards of old and new ones as long as the server runs.</summary>
    public async Task Run(CancellationToken stopping)
    {
        try
        {
            foreach (var prompt in options.Prompts)
            {
                await Persistently(() => Prepare(prompt, stopping), stopping).ConfigureAwait(false);
                prepared++;
            }
            IsComplete = true;
            while (options.Reward is { } model)
            {
                await Persistently(() => Score(model, stopping), stopping).ConfigureAwait(false);
                await Task.Delay(pause, stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // the server stops; missing answers are sampled at the next start
        }
        catch (Exception e)
        {
            (Problem, IsComplete) = (e.Message, true);
            options.Log?.Invoke($"no more answers or rewards are computed: {e.Message}");
        }
    }

    /// <summary>Repeats work until the database can be reached.</summary>
    async Task Persistently(Func<Task> work, CancellationToken stopping)
    {
        for (var told = false; ; told = true)
        {
            try
            {
                await work().ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (DatabaseFault.Is(e))
            {
                if (!told)
                    options.Log?.Invoke($"{DatabaseFault.Describe(e, store.Place)}; trying again until it can be reached");
                await Task.Delay(pause, stopping).ConfigureAwait(false);
            }
        }
    }

    async Task Prepare(Data.Preferences.Candidates prompt, CancellationToken stopping)
    {
        if (prompt.Answers.Count > 0)
        {
            await store.Add(RankingTask.Of(prompt.Prompt, [.. prompt.Answers.Select(a => new RankedAnswer(a, null))]), sampled: false, stopping)
                .ConfigureAwait(false);
            return;
        }
        if (await store.HasSampled(prompt.Prompt, stopping).ConfigureAwait(false))
            return;
        var answers = await Sample(prompt.Asked, stopping).ConfigureAwait(false);
        if (answers.Count >= Data.Preferences.Candidates.Fewest)
            await store.Add(RankingTask.Of(prompt.Prompt, answers), sampled: true, stopping).ConfigureAwait(false);
        else
            options.Log?.Invoke($"all answers to '{Short(prompt.Prompt)}' are the same; there is nothing to rank, and the prompt is left out");
    }

    /// <summary>Different answers, written by the models in turn.</summary>
    async Task<List<RankedAnswer>> Sample(Data.Preferences.Prompt prompt, CancellationToken stopping)
    {
        var answers = new List<RankedAnswer>();
        for (var round = 0; round < Rounds && answers.Count < options.Answers; round++)
        {
            var first = round * options.Answers;
            var drawn = await Task.WhenAll(Enumerable.Range(first, options.Answers - answers.Count).Select(i => Answer(prompt, i, stopping)))
                .ConfigureAwait(false);
            answers.AddRange(drawn.Where(d => answers.All(a => a.Text != d.Text)).DistinctBy(d => d.Text));
        }
        return answers;
    }

    async Task<RankedAnswer> Answer(Data.Preferences.Prompt prompt, int number, CancellationToken stopping)
    {
        var asked = options.Models[number % options.Models.Count];
        var model = asked.Model;
        var generation = model.Defaults with
        {
            MaxTokens = options.MaxTokens,
            Sampler = model.Defaults.Sampler with { Temperature = options.Temperature, Seed = options.Seed + (ulong)number },
        };
        if (asked.Layout is not { } layout)
            return new RankedAnswer(await model.CompleteAsync(prompt.Text, generation, stopping).ConfigureAwait(false), asked.Name);
        generation = generation with { StopTokens = [.. generation.StopTokens.Union(layout.EndTokens)] };
        var text = new System.Text.StringBuilder();
        await foreach (var token in model.Engine.Generate(layout.Prompt(prompt), generation, stopping).ConfigureAwait(false))
            text.Append(token.Text);
        return new RankedAnswer(text.ToString(), asked.Name);
    }

    async Task Score(RewardModel model, CancellationToken stopping)
    {
        foreach (var task in await store.Tasks(stopping).ConfigureAwait(false))
        {
            if (!rewards.ContainsKey(task.Id))
                rewards[task.Id] = await Task.Run(() => model.Score([.. task.Answers.Select(a => model.Encode(task.Prompt, a.Text))], stopping), stopping)
                    .ConfigureAwait(false);
        }
    }

    public static string Short(string text) => text.Length <= 60 ? text : text[..57] + "...";
}
