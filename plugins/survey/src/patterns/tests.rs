//! Each language's definitions, as its people write them.

use super::*;

fn shown(language: Language, text: &str) -> Vec<String> {
    let outline = outline(language, text);
    let definitions = outline.definitions.iter();
    definitions
        .map(|of| format!("{}:{} {} | {}", of.line, of.level, of.name, of.signature))
        .collect()
}

#[test]
fn rust() {
    let text = "\
/* fn no() {} */
// fn no() {}
pub(crate) struct Store<T> {
    notes: Vec<T>,
}

impl<T: Clone> Add for Store<T> {
    pub async fn add(
        &mut self,
        note: T,
    ) -> Result<(), Error> {
        fn inner() {}
    }
}

pub const fn most() -> u32 { 1 }
macro_rules! words { () => {} }
#[test]
fn adds() {}
";
    assert_eq!(
        shown(Language::Rust, text),
        [
            "3:0 Store | pub(crate) struct Store<T>",
            "7:0 Store | impl<T: Clone> Add for Store<T>",
            "8:1 add | pub async fn add(&mut self, note: T) -> Result<(), Error>",
            "16:0 most | pub const fn most() -> u32",
            "17:0 words | macro_rules! words",
            "19:0 adds | fn adds()",
        ]
    );
    assert_eq!(outline(Language::Rust, text).tests, 1);
}

#[test]
fn java_script_and_type_script() {
    let text = "\
export default class Store extends Base {
  private readonly notes = [];
  async add(note: Note): Promise<void> {
    if (note) {
      return;
    }
  }
  get size() {
  }
}
export const find = async (words: string[]) => {
};
const limit = 3;
export function remove(id) {
}
interface Note {
}
export type Id = string;
it('adds', () => {
});
";
    assert_eq!(
        shown(Language::JavaScript, text),
        [
            "1:0 Store | export default class Store extends Base",
            "3:1 add | async add(note: Note): Promise<void>",
            "8:1 size | get size()",
            "11:0 find | export const find = async (words: string[])",
            "14:0 remove | export function remove(id)",
            "16:0 Note | interface Note",
            "18:0 Id | export type Id = string",
        ]
    );
    assert_eq!(outline(Language::JavaScript, text).tests, 1);
}

#[test]
fn go() {
    let text = "\
type Store struct {
	notes []Note
}

func (s *Store) Add(note Note) error {
	return nil
}

func TestAdd(t *testing.T) {
}
";
    assert_eq!(
        shown(Language::Go, text),
        [
            "1:0 Store | type Store struct",
            "5:0 Add | func (s *Store) Add(note Note) error",
            "9:0 TestAdd | func TestAdd(t *testing.T)",
        ]
    );
    assert_eq!(outline(Language::Go, text).tests, 1);
}

#[test]
fn java() {
    let text = "\
public final class Store<T> implements Base {
    private final List<T> notes = new ArrayList<>();

    public Store() {
    }

    @Test
    public List<T> find(String words,
                        int most) throws IOException {
        if (most > 0) {
        }
        return notes;
    }
}
";
    assert_eq!(
        shown(Language::Java, text),
        [
            "1:0 Store | public final class Store<T> implements Base",
            "4:1 Store | public Store()",
            "8:1 find | public List<T> find(String words, int most) throws IOException",
        ]
    );
}

#[test]
fn c_and_its_kin() {
    let text = "\
#include <stdio.h>
struct note;
struct note {
    int id;
};

static struct note *find(const char *words)
{
    if (words) {
        puts(words);
    }
}

int main(void) {
    return find(\"a\");
}

void Store::add(int note) {
}
";
    assert_eq!(
        shown(Language::C, text),
        [
            "3:0 note | struct note",
            "7:0 find | static struct note *find(const char *words)",
            "14:0 main | int main(void)",
            "18:0 add | void Store::add(int note)",
        ]
    );
}

#[test]
fn ruby() {
    let text = "\
module Notes
  class Store < Base
    # def no
    def self.open(path)
    end

    def add(note) = 1
  end
end
";
    assert_eq!(
        shown(Language::Ruby, text),
        [
            "1:0 Notes | module Notes",
            "2:1 Store | class Store < Base",
            "4:2 open | def self.open(path)",
            "7:2 add | def add(note) = 1",
        ]
    );
}

#[test]
fn what_else_is_known() {
    let kotlin = "data class Note(val id: Int)\ninterface Store {\n    fun <T> List<T>.find(words: String): T\n}\n";
    assert_eq!(
        shown(Language::Kotlin, kotlin),
        [
            "1:0 Note | data class Note(val id: Int)",
            "2:0 Store | interface Store",
            "3:1 find | fun <T> List<T>.find(words: String): T",
        ]
    );
    let c_sharp = "namespace A {\n  public class Store : Base\n  {\n    public async Task<int> Add(Note note)\n    {\n    }\n  }\n}\n";
    assert_eq!(
        shown(Language::CSharp, c_sharp),
        [
            "1:0 A | namespace A",
            "2:1 Store | public class Store : Base",
            "4:2 Add | public async Task<int> Add(Note note)",
        ]
    );
    let php = "class Store {\n    public function add($note) {\n    }\n}\n";
    assert_eq!(
        shown(Language::Php, php),
        [
            "1:0 Store | class Store",
            "2:1 add | public function add($note)"
        ]
    );
    let swift = "struct Store {\n    mutating func add(_ note: Note) throws -> Int {\n    }\n}\n";
    assert_eq!(
        shown(Language::Swift, swift),
        [
            "1:0 Store | struct Store",
            "2:1 add | mutating func add(_ note: Note) throws -> Int",
        ]
    );
}
