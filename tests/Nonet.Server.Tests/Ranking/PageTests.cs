using Nonet.Data.Preferences;
using Nonet.Server.Ranking;
using Nonet.Server.Tests.Browsers;

namespace Nonet.Server.Tests.Ranking;

/// <summary>The pages in a real browser.</summary>
public sealed class PageTests(SharedBrowser shared) : IClassFixture<SharedBrowser>, IAsyncLifetime
{
    const string Pictures = "NONET_PICTURES";

    Browser browser = null!;
    ServerUnderTest run = null!;
    Client owner = null!;

    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        browser = await shared.Start();
        run = await ServerUnderTest.Start();
        owner = await Client.OfLink(run.Server.OwnerLink.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is null)
            return;
        owner.Dispose();
        await browser.CloseAll();
        await run.DisposeAsync();
    }

    [Fact]
    public async Task A_labeller_ranks_by_keys_and_goes_on_after_a_reload()
    {
        var page = await Joined("anna");
        await page.Focus(Card(2));
        await page.Press("1");
        Assert.Equal("Answer C place 1", await page.Text("document.getElementById('said').textContent"));
        Assert.Equal("2", await page.Text("document.activeElement.dataset.answer")); // the focus stays on the card
        await page.Focus(Card(0));
        await page.Press("2");
        await page.Focus(Card(3));
        await page.Press("2"); // tied with A
        Assert.Equal("Answer D place 2, tied with A", await page.Text("document.getElementById('said').textContent"));
        Assert.Equal([2, null, 1, 2], await Ranks(page));
        await page.Press("Alt+ArrowUp"); // out of the tie
        Assert.Equal([3, null, 1, 2], await Ranks(page));
        await page.Press("Alt+ArrowUp");
        Assert.Equal([3, null, 2, 1], await Ranks(page));
        await page.Press("t");
        Assert.Equal([2, null, 1, 1], await Ranks(page));
        await page.Press("Delete");
        Assert.Equal([2, null, 1, null], await Ranks(page));
        await page.Press("Control+z");
        Assert.Equal([2, null, 1, 1], await Ranks(page));
        await page.Press("ArrowDown");
        Assert.Equal("0", await page.Text("document.activeElement.dataset.answer"));
        await page.Focus("[name=score-0][value='6']");
        await page.Press(" ");
        await page.Focus($"{Card(0)} summary");
        await page.Press("Enter");
        await page.Focus($"{Card(0)} [value=hallucination]");
        await page.Press(" ");
        await page.Until("document.getElementById('saved').textContent === 'Saved'");
        await page.GoTo(run.Server.Url.ToString());
        await Loaded(page);
        Assert.Equal([2, null, 1, 1], await Ranks(page));
        Assert.True((await page.Evaluate("document.querySelector(\"[name=score-0][value='6']\").checked"))!.GetValue<bool>());
        Assert.Equal("Flags (1)", await page.Text($"document.querySelector('{Card(0)} summary').textContent"));
        var answers = await Answers(page);
        await page.Press("Control+Enter");
        await page.Until("document.getElementById('count').textContent === '1 task submitted'");
        var stored = Assert.Single(await run.Store.Judgements(stopping: Stopping));
        int At(int shown) => stored.Task.NumbersOf([answers[shown]])[0];
        Assert.Equal((1, 1, 2, null),
            (stored.Judgement.Ranks[At(2)], stored.Judgement.Ranks[At(3)], stored.Judgement.Ranks[At(0)], stored.Judgement.Ranks[At(1)]));
        Assert.Equal(6, stored.Judgement.Scores[At(0)]);
        Assert.Equal(["hallucination"], stored.Judgement.Flags[At(0)]);
    }

    [Fact]
    public async Task Cards_are_dragged_with_a_mouse_to_before_onto_and_out()
    {
        var page = await Joined("anna");
        await page.Resize(1000, 1600, phone: false);
        await page.Until("innerWidth === 1000 && innerHeight === 1600");
        await page.Drag(Handle(1), "#ranked-title", 0.5);
        Assert.Equal([null, 1, null, null], await Ranks(page));
        await page.Drag(Handle(0), Card(1), 0.1);
        Assert.Equal([1, 2, null, null], await Ranks(page));
        await page.Drag(Handle(3), Card(1), 0.5);
        Assert.Equal([1, 2, null, 2], await Ranks(page));
        await page.Drag(Handle(2), Card(0), 0.9);
        Assert.Equal([1, 3, 2, 3], await Ranks(page));
        await page.Drag(Handle(0), "#unranked-title", 0.5);
        Assert.Equal([null, 2, 1, 2], await Ranks(page));
        await page.Click("#undo");
        Assert.Equal([1, 3, 2, 3], await Ranks(page));
    }

    [Fact]
    public async Task On_a_phone_everything_fits_and_fingers_and_buttons_work()
    {
        var page = await Joined("anna");
        await page.Resize(360, 780, phone: true);
        await page.Until("innerWidth === 360");
        Assert.Equal("360", await page.Text("`${document.documentElement.scrollWidth}`"));
        Assert.Equal("",
            await page.Text("[...document.querySelectorAll('button, summary, .handle')].filter(e => e.offsetParent && e.getBoundingClientRect().height < 43)"
            + ".map(e => e.textContent).join()"));
        await page.Evaluate($"document.querySelector('{Card(0)} button').click()"); // Rank next
        await page.Evaluate($"document.querySelector('{Card(1)} button').click()");
        await page.Swipe(Handle(1), Card(0), 0.1);
        Assert.Equal([2, 1, null, null], await Ranks(page));
        await page.Evaluate($"document.querySelector('{Card(0)} button[aria-label^=Up]').click()");
        Assert.Equal([1, 2, null, null], await Ranks(page));
    }

    [Fact]
    public async Task A_screen_reader_finds_roles_and_names()
    {
        var page = await Joined("anna");
        await page.Focus(Card(0));
        await page.Press("1");
        await page.Focus(Card(1));
        await page.Press("1");
        var read = await page.Accessible();
        Assert.Contains(("listitem", "Answer A · place 1, tied with B"), read);
        Assert.Contains(("list", "Ranked, best first"), read);
        Assert.Contains(("list", "Not ranked"), read);
        Assert.Contains(("group", "Score"), read);
        Assert.Contains(("button", "Down: answer A"), read);
        Assert.Contains(("radio", "7"), read);
        Assert.Contains(read, node => node.Role == "status");
        Assert.All(read.Where(node => node.Role is "button" or "radio" or "checkbox" or "link" or "textbox"), node => Assert.NotEqual("", node.Name));
        var table = await browser.Open(run.Server.OwnerLink.ToString());
        await table.Click("#join");
        await table.Until("document.querySelector('#labellers th')");
        read = await table.Accessible();
        Assert.Contains(("rowheader", "anna"), read);
        Assert.All(read.Where(node => node.Role is "button" or "textbox" or "progressbar" or "table" or "region"), node =>
            Assert.True(node.Name.Length > 0 || node.Role == "table", node.Role));
    }

    [Fact]
    public async Task Scripts_in_prompts_answers_and_names_are_text()
    {
        var page = await Joined(ServerUnderTest.Script);
        await page.Click("#skip");
        await page.Until($"document.getElementById('prompt').textContent.includes('onerror')");
        Assert.Equal(ServerUnderTest.Script, await page.Text("document.getElementById('prompt').textContent"));
        Assert.Contains(ServerUnderTest.Script, await Answers(page));
        Assert.Contains("", await Answers(page));
        Assert.Contains("(empty answer)", await page.Text("document.body.innerText"), StringComparison.Ordinal);
        var table = await browser.Open(run.Server.OwnerLink.ToString());
        await table.Click("#join");
        await table.Until("document.querySelector('#labellers th')");
        Assert.Equal(ServerUnderTest.Script, await table.Text("document.querySelector('#labellers th').textContent"));
        foreach (var shown in new[] { page, table })
        {
            Assert.Equal("0", await shown.Text("`${document.querySelectorAll('img, main script').length}`"));
            Assert.NotEqual("run", await shown.Text("document.title"));
        }
    }

    [Fact]
    public async Task Skip_back_and_a_ranking_of_one_answer()
    {
        var page = await Joined("anna");
        await page.Focus(Card(0));
        await page.Press("1");
        await page.Click("#submit");
        Assert.Equal("Rank at least two answers, or skip the task.", await page.Text("document.getElementById('problem').textContent"));
        await page.Until("document.getElementById('saved').textContent === 'Saved'");
        await page.Click("#skip");
        await page.Until("document.getElementById('prompt').textContent !== 'first'");
        await page.Click("#skip");
        await page.Until("!document.getElementById('nothing').hidden");
        Assert.Equal("nothing", await page.Text("document.activeElement.id"));
        await page.Click("#back");
        await page.Until("!document.getElementById('task').hidden");
        await page.Click("#back");
        await page.Until("document.getElementById('prompt').textContent === 'first'");
        Assert.Equal([1, null, null, null], await Ranks(page)); // what was there when it was skipped
        Assert.Empty(await run.Store.Judgements(stopping: Stopping));
    }

    [Fact]
    public async Task A_second_browser_is_turned_away_and_a_forged_link_too()
    {
        var link = await owner.Invite("anna");
        await Join(await browser.Open(link));
        foreach (var (address, says) in new[] { (link, "another browser"), (new Uri(run.Server.Url, $"join#{Secret.Create()}").ToString(), "not valid"),
            (new Uri(run.Server.Url, "join").ToString(), "not complete") })
        {
            var other = await browser.Open(address);
            await other.Click("#join");
            await other.Until($"document.getElementById('problem').textContent.includes('{says}')");
        }
        var stranger = await browser.Open(run.Server.Url.ToString());
        await stranger.Until("document.getElementById('problem').textContent.includes('Open the link')");
    }

    [Fact]
    public async Task What_could_not_be_saved_is_saved_later_even_after_a_reload()
    {
        var page = await Joined("anna");
        File.Move(run.Store.Place, run.Store.Place + ".away");
        await page.Focus(Card(0));
        await page.Press("1");
        await page.Focus(Card(1));
        await page.Press("2");
        await page.Until("document.getElementById('saved').textContent.startsWith('Not saved yet')");
        await page.GoTo(run.Server.Url.ToString());
        await page.Until("document.getElementById('saved').textContent.startsWith('Not saved yet')");
        File.Move(run.Store.Place + ".away", run.Store.Place);
        await Loaded(page);
        Assert.Equal([1, 2, null, null], await Ranks(page));
        Assert.Null(await page.Evaluate("localStorage.getItem('nonet-unsaved')"));
    }

    [Fact]
    public async Task Another_window_is_told_that_a_task_was_changed()
    {
        var page = await Joined("anna");
        var id = (await run.Store.Labellers(Stopping)).Single().Id;
        var given = (await run.Store.Next(id, 2, Stopping))!;
        await run.Store.Save(id, given.Task.Id, new JudgementSave("another window", 0, JudgementState.Draft, StoreUnderTest.Ranked(4, 3, 2, 1)), Stopping);
        await page.Focus(Card(0));
        await page.Press("1");
        await page.Until("document.getElementById('problem').textContent.includes('another window')");
        Assert.Equal([1, 2, 3, 4], (await Ranks(page)).Order()); // what is stored
    }

    [Fact]
    public async Task The_owner_invites_and_sees_rankings_as_they_come()
    {
        var table = await browser.Open(run.Server.OwnerLink.ToString());
        await table.Click("#join");
        await table.Until("document.getElementById('progress-text').textContent.startsWith('0 of 4 rankings')");
        foreach (var name in new[] { "anna", "ben" })
        {
            await table.Evaluate("document.getElementById('name').value = ''");
            await table.Focus("#name");
            await table.Type(name);
            await table.Press("Enter");
            await table.Until($"document.getElementById('link-text').textContent.includes('{name}')");
            var page = await Join(await browser.Open(await table.Text("document.getElementById('link').textContent")));
            var answers = await Answers(page);
            foreach (var (answer, place) in answers.Order(StringComparer.Ordinal).Select((a, i) => (a, i + 1)))
            {
                await page.Focus(Card(answers.IndexOf(answer)));
                await page.Press($"{place}");
            }
            await page.Press("Control+Enter");
            await page.Until("document.getElementById('count').textContent === '1 task submitted'");
        }
        await table.Until("document.getElementById('progress-text').textContent.startsWith('2 of 4 rankings')");
        Assert.Contains("6 pairs in 1 task", await table.Text("document.getElementById('agreement').textContent"), StringComparison.Ordinal);
        await table.Click("[aria-label='Withdraw: anna']");
        await table.Until("[...document.querySelectorAll('#labellers td')].some(cell => cell.textContent === 'withdrawn')");
    }

    [Fact]
    public async Task Places_by_hand()
    {
        var page = await browser.Open(new Uri(run.Server.Url, "join").ToString());
        foreach (var (call, expected) in new[]
        {
            ("rankLast([null, 1, null], 0)", "[2,1,null]"), ("rankLast([1, 1, 2], 0)", "[3,1,2]"), ("unrank([1, 2, 3], 1)", "[1,null,2]"),
            ("move([1, 2, 3], 2, -1)", "[1,3,2]"), ("move([1, 2, 3], 0, -1)", "[1,2,3]"), ("move([1, 2, 3], 2, 1)", "[1,2,3]"),
            ("move([1, 1, 2], 0, -1)", "[1,2,3]"), ("move([1, 1, 2], 0, 1)", "[2,1,3]"), ("move([1, 2, 2], 0, 1)", "[2,1,1]"),
            ("move([null, 1, 2], 0, -1)", "[3,1,2]"), ("tie([1, 2, 3], 1)", "[1,1,2]"), ("tie([1, 2, 3], 0)", "[1,1,2]"), ("tie([1, 1, 2], 0)", "[2,1,3]"),
            ("tie([null, 1], 0)", "[1,1]"), ("tie([null, null], 0)", "[1,null]"), ("tie([1, null], 0)", "[1,null]"),
            ("put([1, 2, 3], 2, 'before', 0)", "[2,3,1]"), ("put([1, 2, 3], 0, 'after', 1)", "[2,1,3]"), ("put([1, 2, 3], 0, 'tie', 2)", "[2,1,2]"),
            ("put([1, 2, 3], 0, 'tie', 0)", "[1,2,3]"), ("typed([null, 1, null], 0, 9)", "[3,1,null]"), ("isTied([1, 1, 2], 2)", "false"),
        })
            Assert.Equal((call, expected), (call, await page.Text($"import('/places.js').then(places => JSON.stringify(places.{call}))")));
    }

    /// <summary>Writes the pictures of docs/rank.md into the folder that a variable names.</summary>
    [Fact]
    public async Task Pictures_for_the_docs()
    {
        var folder = Environment.GetEnvironmentVariable(Pictures);
        Assert.SkipWhen(string.IsNullOrEmpty(folder), $"{Pictures} names no folder");
        await using var shown = await ServerUnderTest.Start(o => o with
        {
            Prompts =
            [
                new Candidates("Explain to a six-year-old why the moon follows the car.",
                [
                    "The moon is very, very far away. Trees near the road rush past, but the moon is so far that it seems to stay beside us.",
                    "It is an optical illusion.", "The moon likes you and wants to come along!",
                    "The apparent motion of an object depends on its parallax, which for the moon is below 2 degrees.",
                ]),
            ],
        });
        using var asking = await Client.OfLink(shown.Server.OwnerLink.ToString());
        var page = await Join(await browser.Open(await asking.Invite("Anna")));
        await page.Resize(760, 900, phone: false);
        var answers = await Answers(page);
        foreach (var (start, place) in new[] { ("The moon is", 1), ("The moon likes", 2), ("It is", 2) })
        {
            await page.Focus(Card(answers.FindIndex(a => a.StartsWith(start, StringComparison.Ordinal))));
            await page.Press($"{place}");
        }
        await page.Evaluate("document.querySelectorAll('#ranked [value=\"7\"]')[0].click(); scrollTo(0, 0)");
        await page.Until("document.getElementById('saved').textContent === 'Saved'");
        await File.WriteAllBytesAsync(Path.Combine(folder!, "rank.png"), await page.Picture(), Stopping);
    }

    static string Card(int i) => $"[data-answer=\"{i}\"]";

    static string Handle(int i) => $"{Card(i)} .handle";

    async Task<Page> Joined(string name) => await Join(await browser.Open(await owner.Invite(name)));

    static async Task<Page> Join(Page page)
    {
        await page.Click("#join");
        await Loaded(page);
        return page;
    }

    static Task Loaded(Page page) => page.Until("location.pathname === '/' && document.querySelector('.card')");

    static async Task<List<string>> Answers(Page page) =>
        [.. (await page.Evaluate("[...document.querySelectorAll('.card')].sort((a, b) => a.dataset.answer - b.dataset.answer)"
            + ".map(card => card.querySelector('.text')?.textContent ?? '')"))!.AsArray().Select(a => a!.GetValue<string>())];

    /// <summary>Ranks as the page shows them, in the order of letters.</summary>
    static async Task<int?[]> Ranks(Page page) =>
        [.. (await page.Evaluate("[...document.querySelectorAll('.card')].sort((a, b) => a.dataset.answer - b.dataset.answer)"
            + ".map(card => Number(card.querySelector('.place').textContent.match(/place (\\d)/)?.[1] ?? 0))"))!.AsArray()
            .Select(n => n!.GetValue<int>() is > 0 and var rank ? rank : (int?)null)];
}
